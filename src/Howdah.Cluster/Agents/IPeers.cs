using Howdah.Cluster.Configuration;

namespace Howdah.Cluster.Agents;

/// <summary>What is known of another host.</summary>
/// <param name="Report">The last report that it gave; null where it gave none.</param>
/// <param name="Age">How long ago it came, by our clock; null where none came.</param>
/// <param name="Problem">Why none came now; null where the report is of now.</param>
public sealed record PeerSight(HostReport? Report, TimeSpan? Age, string? Problem)
{
    /// <summary>How far its clock was ahead of ours when the report came, as exactly as an answer takes time; null: not known.</summary>
    public TimeSpan? ClockAhead { get; init; }

    public static PeerSight Never(string problem) => new(null, null, problem);
}

/// <summary>The other hosts of a cluster, as far as their agents answer. Looking waits for nothing.</summary>
public interface IPeers
{
    PeerSight Look(HostModel host);
}

/// <summary>Of a cluster on one machine: there are no others.</summary>
public sealed class NoPeers : IPeers
{
    public static readonly NoPeers Instance = new();

    public PeerSight Look(HostModel host) => PeerSight.Never("there is no other host");
}
