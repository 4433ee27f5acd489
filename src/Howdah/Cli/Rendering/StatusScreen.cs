using System.Globalization;
using Howdah.Cluster.Observation;
using Howdah.Cluster.Supervision;

namespace Howdah.Cli.Rendering;

/// <summary>The promise on one screen. What was not observed is never shown as good.</summary>
internal sealed class StatusScreen(Style style)
{
    public string Of(ClusterStatus status)
    {
        var lines = new List<string> { Promise(status), Restore(status.Backup) };
        foreach (var reason in status.Reasons)
            lines.Add($"  {style.Bad("✗")} {reason}");
        foreach (var warning in status.Warnings)
            lines.Add($"  {style.Unsure("!")} {warning}");
        lines.Add("");
        lines.AddRange(Hosts(status));
        lines.Add("");
        if (status.Hosts.Count > 1)
            lines.Add(style.Faint(Ages(status.Hosts)));
        var (watcher, start) = status.Hosts.Count > 1
            ? ("howdah agent", "systemctl start howdah-agent")
            : ("howdah up", "howdah up --detach");
        lines.Add(
            status.SupervisorProcessId is { } supervisor
                ? style.Faint($"seen {Amounts.ExactMoment(status.At)}; {watcher} watches (process {supervisor})")
                : style.Unsure($"seen {Amounts.ExactMoment(status.At)}; to have it watched: {start}")
        );
        return string.Join('\n', lines) + "\n";
    }

    /// <summary>How old what is shown of each host is, and the cluster file that those hosts go by.</summary>
    private static string Ages(IReadOnlyList<HostStatus> hosts)
    {
        var known = hosts.Where(host => host.Revision is not null).ToList();
        var revisions = known.Select(host => host.Revision).Distinct().ToList() switch
        {
            [] => "",
            [var only] => $"; {(known.Count == hosts.Count ? "all" : Listed([.. known.Select(host => host.Name)]))} by revision {only}",
            _ => "; revisions " + string.Join(", ", known.Select(host => $"{host.Name} {host.Revision}")),
        };
        var ages = HostAges.Line(hosts.Select(host => new HostAge(host.Name, host.Age)));
        return $"{ages}{revisions}{(revisions.Length > 0 ? " of the cluster file" : "")}";
    }

    private string Promise(ClusterStatus status)
    {
        var loss = status.WouldLoseBytes switch
        {
            null => "what would be lost is not known",
            0 => "would lose 0 bytes",
            var bytes => $"would lose {Amounts.Bytes(bytes.Value)}",
        };
        var holders = status
            .Nodes.Where(node => node is { IsPrimary: false, FlushLagBytes: 0, Streaming: "streaming" })
            .Select(node => node.Name)
            .Concat(status.Backup is { Streaming: "streaming", LagBytes: 0 } backup ? [backup.Name] : [])
            .ToList();
        var who =
            status.WouldLoseBytes == 0 && holders.Count > 0
                ? $" ({Listed(holders)} {(holders.Count == 1 ? "holds" : "hold")} every commit)"
                : "";
        return status.Protected switch
        {
            Verdict.Good => style.Good($"Protected{Since(status.ProtectedSince)}") + $" — {loss}{who}",
            Verdict.Bad => style.Bad("Not protected") + $" — {loss}{who}",
            _ => style.Unsure("Protection unknown") + $" — {loss}",
        };
    }

    private string Restore(BackupStatus backup)
    {
        if (backup.Snapshots is null)
            return style.Unsure("The repository was not seen");
        if (!backup.IsWindowKnown)
            return style.Unsure("What can be restored is not known: the WAL of this cluster was not found");
        if (backup.RestorableFrom is not { } from)
            return style.Bad("Cannot restore the newest moment: no clean snapshot leads to it");
        var to = backup is { RestorableTo: { } until, RestorableToAge: { } age }
            ? $"{Amounts.ExactMoment(until)} ({Amounts.Span(age)} ago)"
            : style.Unsure("an unknown moment");
        // In the first second after a backup there is no whole second between the two.
        var what =
            backup.RestorableTo is { } last && last - from < TimeSpan.FromSeconds(2)
                ? $"Can restore the moment of the base backup, {Amounts.NextSecond(from)}"
                : $"Can restore any moment from {Amounts.NextSecond(from)} to {to}";
        return $"{what}{Partly(backup)} · {Drill(backup)}{Gaps(backup.Gaps)}";
    }

    private static string Partly(BackupStatus backup) => backup.PartlyRestorableFrom is { } partly
        ? $", and since {Amounts.NextSecond(partly)} those before a tablespace was made"
        : "";

    private string Gaps(int gaps) =>
        gaps switch
        {
            0 => "",
            1 => " · " + style.Unsure("one gap in older WAL: howdah wal gaps"),
            _ => " · " + style.Unsure($"{gaps} gaps in older WAL: howdah wal gaps"),
        };

    private string Drill(BackupStatus backup) =>
        (backup.LastDrillSucceeded, backup.LastDrillTook) switch
        {
            (true, { } took) when backup.LastDrillQueryFailed => $"last drill: restored in {Amounts.Span(took)}, its query failed",
            (true, { } took) => $"last drill: restored and queried in {Amounts.Span(took)}",
            (true, null) => "last drill: restored and queried",
            (false, _) => style.Bad("last drill failed"),
            _ => style.Unsure("never drilled"),
        };

    private IEnumerable<string> Hosts(ClusterStatus status)
    {
        var rows = status.Nodes.Select(Row).Append(Row(status.Backup)).ToList();
        var widths = Enumerable.Range(0, 4).Select(column => rows.Max(row => row.Cells[column].Length)).ToList();
        foreach (var (mark, cells, problem) in rows)
        {
            var line = string.Join("  ", cells.Select((cell, column) => column < widths.Count ? cell.PadRight(widths[column]) : cell))
                .TrimEnd();
            yield return $"  {mark} {line}{(problem is null ? "" : $"  {style.Bad(Brief(problem))}")}";
        }
    }

    private (string Mark, IReadOnlyList<string> Cells, string? Problem) Row(NodeStatus node)
    {
        var role = node.IsPrimary switch
        {
            true => "primary",
            false => "standby",
            _ => "unknown",
        };
        var place = string.Create(CultureInfo.InvariantCulture, $"{node.Address}:{node.Port}");
        var state = node.IsPrimary == true ? "" : node.Streaming ?? (node.IsPrimary is null ? "" : "not streaming");
        var lag = node.ReplayLagBytes is { } bytes ? $"{Amounts.Bytes(bytes)} behind" : "";
        return (Mark(node.Verdict), [node.Name, role, place, node.Version ?? "", state, Sync(node.SyncState), lag], node.Problem);
    }

    private (string Mark, IReadOnlyList<string> Cells, string? Problem) Row(BackupStatus backup)
    {
        var lag = backup.LagBytes is { } bytes ? $"{Amounts.Bytes(bytes)} behind" : "";
        var snapshots = backup.Snapshots is { } count ? $"{count} {(count == 1 ? "snapshot" : "snapshots")}" : "";
        return (
            Mark(backup.Verdict),
            [backup.Name, "backup", snapshots, "", backup.Streaming ?? "not streaming", Sync(backup.SyncState), lag],
            backup.Problem
        );
    }

    /// <summary>The whole of it is among the reasons above.</summary>
    private static string Brief(string problem) => problem.Split([", because ", ": "], StringSplitOptions.None)[0];

    private string Mark(Verdict verdict) =>
        verdict switch
        {
            Verdict.Good => style.Good("✓"),
            Verdict.Bad => style.Bad("✗"),
            _ => style.Unsure("?"),
        };

    private static string Sync(string? state) => state is null or "async" ? "" : state;

    private static string Since(DateTimeOffset? since) => since is { } moment ? $" since {Amounts.Moment(moment)}" : "";

    private static string Listed(List<string> names) => names.Count == 1 ? names[0] : $"{string.Join(", ", names[..^1])} and {names[^1]}";
}
