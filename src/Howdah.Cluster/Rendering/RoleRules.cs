using Howdah.Cluster.Configuration;
using Howdah.Postgres.Sql;
using Howdah.Postgres.Versions;

namespace Howdah.Cluster.Rendering;

/// <summary>The roles and just the rights they need (measured per version: functions of the catalogue are granted per database).</summary>
internal static class RoleRules
{
    public static IReadOnlyList<RenderedRole> Of(ClusterModel model, PostgresVersion version) =>
        [
            new(
                model.Users.Replication,
                "standbys and the WAL receiver stream with it; it can read no table",
                Existing(model.Users.Replication)
            ),
            new(
                model.Users.Backup,
                "takes base backups, sees the statistics and writes the row that proves the chain; it can read no other table",
                [
                    .. Existing(model.Users.Backup),
                    .. BackupGrants(SqlText.Identifier(model.Users.Backup), version.Facts),
                    .. ProofTable.For(model.Users.Backup),
                ]
            ),
        ];

    private static IReadOnlyList<RenderedLine> Existing(string role)
    {
        var identifier = SqlText.Identifier(role);
        var make =
            $"do $$ begin if not exists (select from pg_catalog.pg_roles where rolname = {SqlText.Literal(role)}) "
            + $"then create role {identifier}; end if; end $$";
        return
        [
            new(make, "made once"),
            new(
                $"alter role {identifier} with login replication nosuperuser nocreatedb nocreaterole nobypassrls",
                "may log in and open replication connections, nothing more"
            ),
        ];
    }

    private static IEnumerable<RenderedLine> BackupGrants(string role, VersionFacts facts)
    {
        yield return new($"grant pg_monitor to {role}", "sees lag, slots and settings");
        if (facts.HasCheckpointRole)
            yield return new(
                $"grant pg_checkpoint to {role}",
                "asks for the checkpoint that a backup starts with; older versions do that through BASE_BACKUP only"
            );
        yield return new(
            $"grant execute on function pg_catalog.pg_switch_wal() to {role}",
            "ends a WAL segment, so that its archive can be checked"
        );
        yield return new($"grant execute on function pg_catalog.pg_create_restore_point(text) to {role}", "names a moment to restore to");
        var functions = facts.HasBackupStartFunction
            ? (Start: "pg_backup_start(text, boolean)", Stop: "pg_backup_stop(boolean)")
            : (Start: "pg_start_backup(text, boolean, boolean)", Stop: "pg_stop_backup(boolean, boolean)");
        yield return new(
            $"grant execute on function pg_catalog.{functions.Start} to {role}",
            "Barman's check asks for it; our backups come through the replication protocol"
        );
        yield return new($"grant execute on function pg_catalog.{functions.Stop} to {role}", "as above");
    }
}
