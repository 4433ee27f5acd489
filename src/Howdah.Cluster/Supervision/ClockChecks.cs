using System.Globalization;
using Howdah.Cluster.Observation;

namespace Howdah.Cluster.Supervision;

/// <summary>
/// Whether the hosts agree what time it is. Nothing that protects depends on it, since positions decide and ages are by one's own clock;
/// but moments to restore to are by the primary's clock, schedules by the backup host's, and a log is read beside another. Pure.
/// </summary>
internal static class ClockChecks
{
    /// <summary>More than a busy host takes to answer, and less than what misleads whoever reads two logs.</summary>
    private static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(10);

    public static IEnumerable<ProtectionCheck> Of(ObservedCluster seen) =>
        from host in seen.Hosts
        where host is { IsSeen: true, ClockAhead: not null }
        select Host(host.Model.Name, host.ClockAhead!.Value);

    private static ProtectionCheck Host(string name, TimeSpan ahead) =>
        new($"clock {name}", Verdict.Good, "as ours")
        {
            Warning = ahead.Duration() <= Tolerance
                ? null
                : $"the clock of {name} is {Words(ahead.Duration())} {(ahead > TimeSpan.Zero ? "ahead of" : "behind")} this host's: "
                    + "moments to restore to are by the primary's clock, schedules by the backup host's; let NTP set them",
        };

    private static string Words(TimeSpan time) => time switch
    {
        { TotalDays: >= 2 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalDays:0} days"),
        { TotalHours: >= 2 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalHours:0} hours"),
        { TotalMinutes: >= 2 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMinutes:0} minutes"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0} s"),
    };
}
