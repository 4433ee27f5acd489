using System.Globalization;
using Howdah.Barman.Facts;
using Howdah.Barman.Output;
using Howdah.Core.Wal;

namespace Howdah.Barman.Reports;

/// <summary>Renders <c>replication-status</c> for the console.</summary>
/// <param name="server">Barman's server name.</param>
/// <param name="facts">The clients that were asked for.</param>
/// <param name="target">Which clients were asked for.</param>
internal sealed class ReplicationReport(string server, ReplicationFacts facts, ReplicationTarget target)
{
    private const int LabelWidth = 11;

    public static string Noun(ReplicationTarget target) => target switch
    {
        ReplicationTarget.HotStandby => "hot standby servers",
        ReplicationTarget.WalStreamer => "WAL streamers",
        _ => "streaming clients",
    };

    /// <summary>The clients of that kind, in the same order.</summary>
    public static ReplicationFacts Filter(ReplicationFacts facts, ReplicationTarget target) => target switch
    {
        ReplicationTarget.HotStandby => facts with { Clients = [.. facts.Clients.Where(client => client.IsStandby)] },
        ReplicationTarget.WalStreamer => facts with { Clients = [.. facts.Clients.Where(client => !client.IsStandby)] },
        _ => facts,
    };

    public IEnumerable<string> MinimalLines()
    {
        // Barman capitalises the phrase, which turns "WAL streamers" into "Wal streamers".
        var noun = Noun(target).ToLowerInvariant();
        var title = char.ToUpperInvariant(noun[0]) + noun[1..];
        yield return facts.CurrentLsn is { } current
            ? $"{title} for master '{server}' (LSN @ {current}):"
            : $"{title} for slave '{server}':";
        if (facts.Clients.Count == 0)
            yield return $"  No {Noun(target)} attached";
        for (var i = 0; i < facts.Clients.Count; i++)
            yield return $"  {i + 1}. {Minimal(facts.Clients[i])}";
    }

    public IEnumerable<string> Lines()
    {
        yield return $"Status of {Noun(target)} for server '{server}':";
        if (facts.CurrentLsn is { } current)
            yield return $"  Current LSN on master: {current}";
        if (facts.Clients.Count == 0)
        {
            yield return $"  No {Noun(target)} attached";
            yield break;
        }

        yield return $"  Number of {Noun(target)}: {facts.Clients.Count}";
        for (var i = 0; i < facts.Clients.Count; i++)
        {
            yield return "";
            yield return $"  {i + 1}. {ReplicationStages.Title(facts.Clients[i])}";
            foreach (var line in Details(facts.Clients[i]))
                yield return $"     {line}";
        }
    }

    private static string Minimal(ReplicationClient client)
    {
        var who = $"{client.UserName}@{client.Address ?? "socket"}";
        var rest = $"P:{client.SyncPriority.ToString(CultureInfo.InvariantCulture)} AN:{client.ApplicationName}";
        return client.IsStandby
            ? $"{char.ToUpperInvariant(client.SyncState[0])}) {who} S:{client.Sent} F:{client.Flushed} R:{client.Replayed} {rest}"
            : $"W) {who} S:{client.Sent} W:{client.Written} {rest}";
    }

    private IEnumerable<string> Details(ReplicationClient client)
    {
        yield return $"Application name: {client.ApplicationName}";
        yield return $"Sync stage      : {ReplicationStages.Stage(client, facts.CurrentLsn)}";
        yield return $"Communication   : {(client.Address is null ? "Unix domain socket" : "TCP/IP")}";
        if (client.Address is { } address)
            yield return $"IP Address      : {address} / Port: {client.Port} / Host: {client.HostName ?? "-"}";
        yield return $"User name       : {client.UserName}";
        yield return $"Current state   : {client.State} ({client.SyncState})";
        if (client.SlotName is { } slot)
            yield return $"Replication slot: {slot}";
        yield return $"WAL sender PID  : {client.ProcessId}";
        yield return $"Started at      : {BarmanFormat.Timestamp(client.StartedAt)}";
        if (client.Xmin is { } xmin)
            yield return $"Standby's xmin  : {xmin}";
        foreach (var (name, position) in Positions(client))
            yield return $"{name} LSN".PadRight(LabelWidth) + $": {position} (diff: "
                + $"{Shown(ReplicationStages.Difference(position, facts.CurrentLsn))})";
    }

    private static IEnumerable<(string Name, Lsn Position)> Positions(ReplicationClient client)
    {
        if (client.Sent is { } sent)
            yield return ("Sent", sent);
        if (client.Written is { } written)
            yield return ("Write", written);
        if (client.Flushed is { } flushed)
            yield return ("Flush", flushed);
        if (client.Replayed is { } replayed)
            yield return ("Replay", replayed);
    }

    private static string Shown(long? difference) => difference is { } bytes ? BarmanFormat.Size(bytes) : "unknown";
}
