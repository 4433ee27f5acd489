using Howdah.Cluster.Adoption;
using Howdah.Cluster.Rendering;

namespace Howdah.Cli.Rendering;

/// <summary>What adopting does, as people read it before they say yes.</summary>
internal static class AdoptionText
{
    public static void Write(TextWriter output, AdoptionPlan plan)
    {
        foreach (var node in plan.Nodes)
            WriteNode(output, node);
        WriteList(
            output, "the cluster file gets, in [settings]", plan.Additions.Settings.Select(setting => $"{setting.Key} = {setting.Value}"));
        WriteList(output, "the cluster file gets, in [hba]", plan.Additions.HbaLines);
        WriteList(output, "the cluster file gets, in [[nodes]]", plan.Additions.Slots.Select(slot => $"{slot.Key}: slot = {slot.Value}"));
        WriteList(output, "howdah up, or the agent, makes", plan.ToMake);
        WriteList(output, "left alone, nobody's of the cluster file", plan.LeftAlone);
        WriteList(output, "worth knowing", plan.Notes);
    }

    private static void WriteNode(TextWriter output, NodeAdoption node)
    {
        var role = node.Role == NodeRole.Primary ? "primary" : "standby";
        output.WriteLine($"{node.Node.Name}, {role}: {node.Server}");
        WriteChanges(output, "changes with a reload", node, SettingMoment.Reload);
        WriteChanges(output, "changes with a restart, which howdah up, or the agent, makes", node, SettingMoment.Restart);
        WriteChanges(output, "changes with its next restart, whenever that is", node, SettingMoment.NextRestart);
        WriteList(output, "  stays in its own files", node.Stays.Select(setting => $"{Pair(setting)}: {setting.Reason}"));
        WriteList(output, "  taken out of its own files", node.Removed.Select(setting => $"{Pair(setting)}: {setting.Reason}"));
        WriteList(
            output, "  lines of pg_hba.conf that change",
            node.HbaRemarks.Where(line => line.Instead is not null).Select(line => $"{line.Line} -> {line.Instead}: {line.Reason}"));
        WriteList(
            output, "  lines of pg_hba.conf that are left out",
            node.HbaRemarks.Where(line => line.Instead is null).Select(line => $"{line.Line}: {line.Reason}"));
        WriteList(output, "  files", node.Actions.Select(action => action.Text));
    }

    private static void WriteChanges(TextWriter output, string title, NodeAdoption node, SettingMoment moment) => WriteList(
        output, $"  {title}",
        node.Changes.Where(change => change.Moment == moment)
            .Select(change => $"{change.Name}: {Shown(change.From)} -> {Shown(change.To)}: {change.Reason}"));

    private static void WriteList(TextWriter output, string title, IEnumerable<string> lines)
    {
        var all = lines.ToList();
        if (all.Count == 0)
            return;
        var indent = new string(' ', title.Length - title.TrimStart().Length + 2);
        output.WriteLine($"{title}:");
        foreach (var line in all)
            output.WriteLine(indent + line);
    }

    private static string Pair(SettingRemark setting) => $"{setting.Name} = {Shown(setting.Value)}";

    private static string Shown(string value) => value.Length == 0 ? "(empty)" : value;
}
