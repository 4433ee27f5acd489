namespace Howdah.Integration.Tests.Fixtures;

/// <summary>How a test server differs from the usual one.</summary>
/// <param name="Major">The PostgreSQL major version.</param>
public sealed record TestServerOptions(int Major = SupportedMajors.Default)
{
    /// <summary>Lines for postgresql.conf, after ours: they win.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>Lines for pg_hba.conf, before ours: they win.</summary>
    public IReadOnlyList<string> HbaLines { get; init; } = [];

    /// <summary>The size of WAL segments in megabytes; 1 makes tests of many segments quick.</summary>
    public int SegmentSizeMegabytes { get; init; } = 16;

    /// <summary>Runs initdb for this server alone, for a system identifier that no other server of the run has.</summary>
    public bool OwnSystemIdentifier { get; init; }

    /// <summary>A loopback address.</summary>
    public string Address { get; init; } = "127.0.0.1";

    /// <summary>Runs the server on this host of its own; <see cref="Address"/> is then the host's.</summary>
    public TestNetworkHost? Host { get; init; }

    /// <summary>
    /// Where the data directory is made, for example on a <see cref="SmallDisk"/>; by default in the server's own directory.
    /// </summary>
    public string? DataDirectoryParent { get; init; }
}
