using Howdah.Cluster.Configuration;

namespace Howdah.Cluster.Agents;

/// <summary>What is known of another host.</summary>
/// <param name="Report">The last report that it gave; null where it gave none.</param>
/// <param name="Age">How long ago the host looked, by our clock; of a host that gave no report, how long ago another host heard of it.
/// Null where nobody did.</param>
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

    /// <summary>What this host's agent says; null where we are it, or there is none to be.</summary>
    PeerSight? OwnAgent { get; }
}

/// <summary>Of a cluster on one machine: there are no others.</summary>
public sealed class NoPeers : IPeers
{
    public static readonly NoPeers Instance = new();

    public PeerSight Look(HostModel host) => PeerSight.Never("there is no other host");

    public PeerSight? OwnAgent => null;
}
