using System.Globalization;

namespace Howdah.Cluster.Agents;

/// <summary>Where an agent listens.</summary>
public sealed record MemberAddress(string Host, int Port)
{
    /// <summary>The host as it stands before a port: an IPv6 address in brackets.</summary>
    public string HostText => Host.Contains(':') ? $"[{Host}]" : Host;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{HostText}:{Port}");
}
