using Howdah.Cluster.Configuration;

namespace Howdah.Cluster.Rendering;

/// <summary>Lines that belong together but to no one file, under a title.</summary>
public sealed record RenderedPart(string Title, IReadOnlyList<RenderedLine> Lines);

/// <summary>
/// All that is to be on the backup host beside the passfile, which every host has: it runs no PostgreSQL of its own. Pure data.
/// </summary>
/// <param name="Backup">The backup host.</param>
/// <param name="Parts">Directories, what the receiver connects with and, on several machines, certificates; each line with its
/// reason.</param>
public sealed record BackupHostRendering(BackupHostModel Backup, IReadOnlyList<RenderedPart> Parts)
{
    /// <param name="model">The cluster.</param>
    /// <param name="primary">The node that WAL is received from.</param>
    public static BackupHostRendering Of(ClusterModel model, NodeModel primary)
    {
        List<RenderedPart> parts = [new("directories", Directories(model)), new("what WAL is received with", Receiver(model, primary))];
        if (!model.IsOnOneMachine)
            parts.Add(new("certificates", Certificates(model)));
        return new BackupHostRendering(model.Backup, parts);
    }

    private static List<RenderedLine> Directories(ClusterModel model) =>
        [
            new(model.Paths.Root, "all that the cluster has on this host, but for what the cluster file places elsewhere"),
            new(model.Backup.RepositoryDirectory, "base backups and all WAL; nothing in it is ever rewritten"),
            new(model.Paths.SecretsDirectory, "passwords and the passfile, for nobody else to read"),
            new(model.Paths.StateDirectory, "what is under way, so that it converges after an interruption, and the last drills"),
        ];

    private static List<RenderedLine> Receiver(ClusterModel model, NodeModel primary)
    {
        List<RenderedLine> lines =
        [
            new($"host = {primary.Address}, port = {primary.Port}", $"{primary.Name}, and after a promotion the node that was promoted"),
            new($"user = {model.Users.Replication}", "streams WAL and may do nothing else"),
            new($"user = {model.Users.Backup}", "takes base backups and looks at the servers"),
            new($"passfile = {model.Paths.PassFile}", "their passwords"),
            new($"slot = {model.Backup.SlotName}", $"{primary.Name} keeps WAL until the repository holds it"),
            new(
                $"application_name = {model.Backup.ApplicationName}",
                "how the receiver shows itself in pg_stat_replication, and is named in synchronous_standby_names"),
        ];
        if (!model.IsOnOneMachine)
            lines.Add(new("sslmode = verify-full", "WAL and passwords cross a network, and only to a host of the cluster"));
        return lines;
    }

    private static List<RenderedLine> Certificates(ClusterModel model)
    {
        var trust = model.Paths.Trust;
        return
        [
            new(trust.CaCertificate, "the cluster's own authority: what the other hosts' certificates are checked against"),
            new(trust.HostPair, "this host's certificate and its key, mode 0600: what it shows to the other hosts' agents"),
            new(trust.Revoked, "certificates that are not accepted any more"),
        ];
    }
}
