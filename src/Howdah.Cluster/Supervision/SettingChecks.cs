using Howdah.Cluster.Configuration;
using Howdah.Cluster.Observation;

namespace Howdah.Cluster.Supervision;

/// <summary>Whether the settings that protection depends on are Howdah's. <c>ALTER SYSTEM</c> beats every file. Pure.</summary>
internal static class SettingChecks
{
    private const string Subject = "settings";

    /// <summary>PostgreSQL writes it, and reads it last (manual 20.1.2).</summary>
    private const string AlterSystemFile = "postgresql.auto.conf";

    public static IEnumerable<ProtectionCheck> Of(ClusterModel model, ObservedCluster seen)
    {
        var answering = seen.Nodes.Where(node => node.Answers is not null).ToList();
        var wrong = answering
            .SelectMany(node => node.Answers!.Overridden, (node, setting) => (node.Model.Name, Setting: setting))
            .Where(found => Matters(model, found.Setting))
            .Select(found => Bad(model, found.Name, found.Setting))
            .ToList();
        return wrong.Count > 0 ? wrong
            : answering.Count > 0 ? [new ProtectionCheck(Subject, Verdict.Good, "nothing overrides those that protection depends on")]
            : [];
    }

    /// <summary>
    /// How commits wait is the user's choice, but not below what the cluster file promises; and what Howdah never sets nobody sets over it.
    /// </summary>
    private static bool Matters(ClusterModel model, OverriddenSetting setting) =>
        OwnedSettings.WhyBeside(setting.Name) is null
        && (setting.Name != SynchronousPromise.CommitSetting
            || (model.Synchronous != SynchronousMode.Off && SynchronousPromise.IsBrokenBy(setting.Value)));

    private static ProtectionCheck Bad(ClusterModel model, string node, OverriddenSetting setting)
    {
        // Agents see it by themselves.
        var after = model.IsOnOneMachine ? ", then howdah up" : "";
        var remedy = setting.Place.StartsWith(AlterSystemFile, StringComparison.Ordinal)
            ? $": alter system reset {setting.Name} on {node}{after}"
            : $": take it out there on {node}{after}";
        var finding = $"{setting.Name} is {Shown(setting.Value)} on {node} by {setting.Place}, over what Howdah sets{remedy}";
        return new ProtectionCheck(Subject, Verdict.Bad, finding) { Reason = finding };
    }

    private static string Shown(string value) => value.Length == 0 ? "empty" : value;
}
