using System.Diagnostics.CodeAnalysis;

namespace Howdah.Cluster.Trust;

/// <summary>Why a peer was turned away.</summary>
public enum PeerRefusal
{
    /// <summary>It was not.</summary>
    None,

    /// <summary>It sent no certificate.</summary>
    NoCertificate,

    /// <summary>Its certificate is not signed by this cluster's CA.</summary>
    UnknownAuthority,

    /// <summary>Signed by the CA, but not as a host's certificate: wrong purpose, or no host's name in it.</summary>
    NotAHost,

    /// <summary>Its certificate begins later than now.</summary>
    NotYetValid,

    /// <summary>Its certificate ended before now.</summary>
    Expired,

    /// <summary>Its certificate is in the revocation list.</summary>
    Revoked,

    /// <summary>It is a host of the cluster, and not the one that was expected.</summary>
    OtherHost,
}

/// <summary>What <see cref="PeerValidator.Check"/> found.</summary>
/// <param name="HostName">The host at the other end; null unless accepted, so that nobody takes a claim for a proof.</param>
/// <param name="Refusal">Why not.</param>
/// <param name="Reason">The same for people: lower case, with dates and names; empty where accepted.</param>
public sealed record PeerVerdict(string? HostName, PeerRefusal Refusal, string Reason)
{
    [MemberNotNullWhen(true, nameof(HostName))]
    public bool IsAccepted => Refusal == PeerRefusal.None;
}
