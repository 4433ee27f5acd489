using Howdah.Barman.Facts;
using Howdah.Core.Wal;

namespace Howdah.Barman.Reports;

/// <summary>Barman's words for how far a client is.</summary>
internal static class ReplicationStages
{
    private const int StandbyStages = 5;
    private const int StreamerStages = 3;

    /// <summary>The kind of client, and its rank where it is synchronous: <c>#1 Sync standby</c>, <c>Async WAL streamer</c>.</summary>
    public static string Title(ReplicationClient client)
    {
        var state = client.SyncState.Length == 0 ? "" : char.ToUpperInvariant(client.SyncState[0]) + client.SyncState[1..];
        var kind = client.IsStandby ? "standby" : "WAL streamer";
        return client.SyncPriority > 0 ? $"#{client.SyncPriority} {state} {kind}" : $"{state} {kind}";
    }

    /// <summary>The highest stage at which the client has everything that the server has.</summary>
    public static string Stage(ReplicationClient client, Lsn? current)
    {
        if (client.IsStandby && Difference(client.Replayed, current) == 0)
            return "5/5 Hot standby (max)";
        if (client.IsStandby && Difference(client.Flushed, current) == 0)
            return "4/5 2-safe";
        var stages = client.IsStandby ? StandbyStages : StreamerStages;
        if (Difference(client.Written, current) == 0)
            return $"3/{stages} Remote write";
        return Difference(client.Sent, current) == 0 ? $"2/{stages} WAL Sent (min)" : $"1/{stages} 1-safe";
    }

    /// <summary>Bytes from the server's position to the client's, negative where it is behind; null where either is unknown.</summary>
    public static long? Difference(Lsn? client, Lsn? current) =>
        client is { } position && current is { } server ? unchecked((long)(position.Value - server.Value)) : null;
}
