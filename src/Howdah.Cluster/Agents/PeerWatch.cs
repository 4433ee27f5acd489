using System.Collections.Concurrent;
using System.Globalization;
using Howdah.Cluster.Configuration;
using Howdah.Core.Errors;

namespace Howdah.Cluster.Agents;

/// <summary>Asks the hosts' agents again and again, and keeps what each said last. Thread-safe.</summary>
public sealed class PeerWatch(ClusterModel model, string self, IAgentChannel channel, TimeProvider time) : IPeers
{
    /// <summary>As often as a supervisor looks at its own host.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>A lossy link may lose an answer or two; after this a host is not seen any more.</summary>
    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(6);

    /// <summary>What is older than a host can have been up is a mistake of whoever says so, and breaks no arithmetic.</summary>
    private static readonly TimeSpan Oldest = TimeSpan.FromDays(3650);

    private readonly ConcurrentDictionary<string, Sight> _sights = new(StringComparer.Ordinal);

    /// <summary>
    /// This host's agent is asked, too: by a command, which has not been there to see what was before. An agent does not ask itself.
    /// </summary>
    public bool AsksOwnAgent { get; init; }

    public PeerSight? OwnAgent => AsksOwnAgent ? Look(self) : null;

    public PeerSight Look(HostModel host) => Look(host.Name);

    /// <summary>Asks until cancelled.</summary>
    public Task RunAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(Asked().Select(host => WatchAsync(host, cancellationToken)));

    /// <summary>Asks each host once.</summary>
    public Task AskOnceAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(Asked().Select(host => AskAsync(host, cancellationToken)));

    private PeerSight Look(string host)
    {
        if (!_sights.TryGetValue(host, out var sight))
            return PeerSight.Never("its agent was not asked yet");
        if (sight.Report is not { } report)
            return HeardElsewhere(host) is { } heard ? NotSeen(sight, heard, null) : PeerSight.Never(Why(sight));
        var silence = time.GetElapsedTime(sight.At);
        var age = silence + AgeWhenSent(report);
        return silence < LongestSilence
            ? new PeerSight(report, age, null) { ClockAhead = sight.ClockAhead }
            : NotSeen(sight, age, report);
    }

    // A moment, not an age: who writes down what changes would write it down every second.
    private PeerSight NotSeen(Sight sight, TimeSpan age, HostReport? report) => new(report, age, string.Create(
        CultureInfo.InvariantCulture, $"{Why(sight)} (last seen {(time.GetUtcNow() - age).UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC)"));

    private static string Why(Sight sight) => sight.Failure ?? "its agent does not answer";

    /// <summary>How long ago any host that answers heard of the one that does not; null where none did.</summary>
    private TimeSpan? HeardElsewhere(string host)
    {
        TimeSpan? least = null;
        foreach (var sight in _sights.Values)
        {
            if (sight.Report is not { } report
                || report.Heard.FirstOrDefault(other => string.Equals(other.Host, host, StringComparison.Ordinal)) is not { } heard)
                continue;
            var age = Plausible(heard.Age) + AgeWhenSent(report) + time.GetElapsedTime(sight.At);
            least = least < age ? least : age;
        }

        return least;
    }

    /// <summary>Both moments are by that host's clock, so it may be any.</summary>
    private static TimeSpan AgeWhenSent(HostReport report) => Plausible((report.Clock - report.At) ?? TimeSpan.Zero);

    private static TimeSpan Plausible(TimeSpan age) =>
        age < TimeSpan.Zero ? TimeSpan.Zero : age > Oldest ? Oldest : age;

    private IEnumerable<HostModel> Asked() => model.Hosts.Where(host => AsksOwnAgent || host.Name != self);

    private async Task WatchAsync(HostModel host, CancellationToken cancellationToken)
    {
        while (true)
        {
            await AskAsync(host, cancellationToken);
            await Task.Delay(Interval, time, cancellationToken);
        }
    }

    private async Task AskAsync(HostModel host, CancellationToken cancellationToken)
    {
        try
        {
            var report = await channel.ReadReportAsync(host, cancellationToken);
            var ahead = report.Clock - time.GetUtcNow();
            _sights[host.Name] = report is { Format: HostReport.CurrentFormat } && report.Host == host.Name
                ? new Sight(report, time.GetTimestamp(), null) { ClockAhead = ahead }
                : new Sight(null, 0, $"its agent speaks of {report.Host} in format {report.Format}");
        }
        catch (OperationException failure)
        {
            _sights.AddOrUpdate(
                host.Name,
                static (_, why) => new Sight(null, 0, why),
                static (_, before, why) => before with { Failure = why },
                failure.Message);
        }
    }

    private sealed record Sight(HostReport? Report, long At, string? Failure)
    {
        public TimeSpan? ClockAhead { get; init; }
    }
}
