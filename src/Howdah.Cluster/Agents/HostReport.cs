using Howdah.Cluster.Configuration;
using Howdah.Cluster.Observation;
using Howdah.Cluster.Trust;

namespace Howdah.Cluster.Agents;

/// <summary>
/// What an agent tells of its host: that part of an <see cref="ObservedCluster"/> that it has seen with its own eyes. It carries no
/// secrets. How old it is, whoever asked knows by his own clock: clocks of hosts differ.
/// </summary>
public sealed record HostReport
{
    /// <summary>Reports of another format are not understood, and their host counts as not seen.</summary>
    public const int CurrentFormat = 1;

    public int Format { get; init; } = CurrentFormat;

    /// <summary>The host's name in the cluster file.</summary>
    public required string Host { get; init; }

    /// <summary>The agent's version of Howdah.</summary>
    public required string Version { get; init; }

    /// <summary>By the host's own clock.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The host's own clock at the moment that it answers; null from an agent that is older than this field.</summary>
    public DateTimeOffset? Clock { get; init; }

    /// <summary>Of the cluster file that it goes by.</summary>
    public long Revision { get; init; }

    /// <summary>Likewise; see <see cref="FileMark"/>.</summary>
    public string? Origin { get; init; }

    /// <summary>Of which other hosts it has heard, and when: for whoever asks when one of them was last seen.</summary>
    public IReadOnlyList<HeardHost> Heard { get; init => field = value ?? []; } = [];

    /// <summary>The node that it sees accept writes; null where it sees none or several, and from an agent that is older than this
    /// field.</summary>
    public string? Primary { get; init; }

    /// <summary>The last that it saw; see <see cref="ObservedCluster.LastPrimary"/>.</summary>
    public string? LastPrimary { get; init; }

    /// <summary>See <see cref="ObservedHost"/> for this and what follows.</summary>
    public bool HasDirectories { get; init; }

    public bool HasSecrets { get; init; }

    public bool IsCreationRequested { get; init; }

    /// <summary>Null from an agent that is older than this field.</summary>
    public HostCertificate? Certificate { get; init; }

    public required IReadOnlyList<NodeReport> Nodes { get; init; }

    /// <summary>Null from a host that is not the backup host.</summary>
    public ObservedBackup? Backup { get; init; }

    /// <summary>The last proof; the backup host keeps it.</summary>
    public ProofRecord? Proof { get; init; }

    internal FileMark Mark => new(Revision, Origin);

    internal static HostReport Of(ObservedCluster seen, HostModel self, string version)
    {
        var host = seen.Host(self.Name);
        return new HostReport
        {
            Host = self.Name,
            Version = version,
            At = seen.At,
            Revision = host.ClusterFile.Revision,
            Origin = host.ClusterFile.Origin,
            Heard = [.. from other in seen.Hosts
                        where other.Model != self && other.Age is not null
                        select new HeardHost(other.Model.Name, other.Age!.Value)],
            Primary = seen.AnsweringPrimary?.Model.Name,
            LastPrimary = seen.LastPrimary,
            HasDirectories = host.HasDirectories,
            HasSecrets = host.HasSecrets,
            IsCreationRequested = host.IsCreationRequested,
            Certificate = host.Certificate,
            Nodes = [.. self.Nodes.Select(node => NodeReport.Of(seen.Node(node)))],
            Backup = self.IsBackupHost ? seen.Backup : null,
            Proof = self.IsBackupHost ? seen.Proof : null,
        };
    }

    internal ObservedHost ToObserved(HostModel model, TimeSpan age) => new(model)
    {
        Age = age,
        ClusterFile = Mark,
        HasDirectories = HasDirectories,
        HasSecrets = HasSecrets,
        IsCreationRequested = IsCreationRequested,
        Certificate = Certificate,
    };
}

/// <summary>When a host heard of another.</summary>
/// <param name="Host">The other.</param>
/// <param name="Age">How old what it told was, at <see cref="HostReport.At"/>.</param>
public sealed record HeardHost(string Host, TimeSpan Age);
