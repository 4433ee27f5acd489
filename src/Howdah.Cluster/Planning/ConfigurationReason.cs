using Howdah.Cluster.Observation;
using Howdah.Postgres.Settings;

namespace Howdah.Cluster.Planning;

/// <summary>Why a node's configuration is written, and what it changes: whoever is asked before wants to know of a restart. Pure.</summary>
internal static class ConfigurationReason
{
    public static string Of(ObservedNode node)
    {
        var changes = node.ChangedSettings.Select(Tell).ToList();
        if (node.Answers is not null && node.DifferingFiles.Contains(RecoveryConf.FileName, StringComparer.Ordinal))
            changes.Add($"{RecoveryConf.FileName}, which takes a restart");
        return $"not as rendered from the cluster file{(changes.Count == 0 ? "" : ": ")}{string.Join("; ", changes)}";
    }

    private static string Tell(ChangedSetting change)
    {
        var text = (change.From, change.To) switch
        {
            (null, { } to) => $"{change.Name} = {to}",
            ({ } from, null) => $"{change.Name} is not set any more (it is {Quoted(from)})",
            var (from, to) => $"{change.Name} = {Quoted(to!)} (it is {Quoted(from!)})",
        };
        return change.NeedsRestart ? $"{text}, which takes a restart" : text;
    }

    private static string Quoted(string value) => value.Length == 0 ? "''" : value;
}
