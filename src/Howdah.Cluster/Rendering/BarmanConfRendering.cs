using System.Globalization;
using Howdah.Cluster.Configuration;

namespace Howdah.Cluster.Rendering;

/// <summary>
/// A barman.conf for people who run Barman itself on the backup host: the same roles, slot and address.
/// </summary>
/// <remarks>
/// Barman reads INI by Python's ConfigParser: comments only at the start of a line, no quotes inside connection strings, '%' is
/// special (so no value here has one).
/// </remarks>
public static class BarmanConfRendering
{
    /// <param name="model">The cluster.</param>
    /// <param name="primary">The node to connect to.</param>
    public static string Render(ClusterModel model, NodeModel primary)
    {
        var bin = model.BinDirectory ?? $"/usr/lib/postgresql/{model.PostgresMajor}/bin";
        var server = $"host={primary.Address} port={primary.Port.ToString(CultureInfo.InvariantCulture)}";
        List<RenderedLine> lines =
        [
            new("[barman]", null),
            new("barman_home = /var/lib/barman", "backups and WAL rest here, one directory per server"),
            new("barman_user = barman", "the system user that barman runs as"),
            new("log_file = /var/log/barman/barman.log", "the packaged place"),
            new("", null),
            new($"[{model.Name}]", null),
            new(
                $"description = {model.Name}, PostgreSQL {model.PostgresMajor.ToString(CultureInfo.InvariantCulture)}",
                "shown by barman list-servers"
            ),
            new(
                $"conninfo = {server} user={model.Users.Backup} dbname={ClusterModel.MaintenanceDatabase}",
                "watches the server; its password belongs in ~barman/.pgpass"
            ),
            new(
                $"streaming_conninfo = {server} user={model.Users.Replication}",
                "streams WAL and takes the base backup; its password belongs in ~barman/.pgpass"
            ),
            new("backup_method = postgres", "base backups through the replication protocol: no SSH"),
            new("streaming_archiver = on", "barman receive-wal streams every byte of WAL as it is written"),
            new($"streaming_archiver_name = {model.Backup.ApplicationName}", "how the receiver shows itself in pg_stat_replication"),
            new($"slot_name = {model.Backup.SlotName}", "the primary keeps WAL until Barman has received it"),
            new("create_slot = manual", "the slot is there already; 'auto' would make a lost slot anew and hide the gap"),
            new($"path_prefix = {bin}", "pg_basebackup and pg_receivewal must not be older than the server"),
            new("immediate_checkpoint = true", "otherwise a backup waits for the next checkpoint, minutes on an idle server"),
            new("retention_policy = RECOVERY WINDOW OF 7 DAYS", "any moment of the last seven days can be restored"),
        ];
        return new RenderedFile("/etc/barman.conf", RenderedFile.OwnerOnly, lines).Content;
    }
}
