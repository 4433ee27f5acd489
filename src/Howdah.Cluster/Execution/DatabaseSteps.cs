using Howdah.Cluster.Observation;
using Howdah.Core.Errors;
using Howdah.Postgres.Sql;

namespace Howdah.Cluster.Execution;

/// <summary>What is made inside the primary: roles and slots.</summary>
internal sealed class DatabaseSteps(ClusterWorkshop workshop)
{
    private const string EndSessions =
        "select pg_catalog.pg_terminate_backend(pid) from pg_catalog.pg_stat_activity where usename operator(pg_catalog.=) $1";

    public async Task CreateRoleAsync(string name, ObservedCluster seen, CancellationToken cancellationToken)
    {
        var primary = Primary(seen);
        var role = primary.Wanted!.Roles.First(role => string.Equals(role.Name, name, StringComparison.Ordinal));
        var database = workshop.Survey.Database(primary.Model);
        foreach (var statement in role.Statements.Where(statement => statement.Text.Length > 0))
            await database.ExecuteAsync(statement.Text, [], cancellationToken);
        var found = primary.Answers!.Roles.FirstOrDefault(seenRole => string.Equals(seenRole.Name, name, StringComparison.Ordinal));
        if (found is not { HasOurPassword: true })
        {
            // One that we had made already has another password now because a host was revoked: its sessions end, and the other hosts' come
            // back with the new one. Before it, too: what is written then is not for that host.
            var isReplaced = string.Equals(found?.Fingerprint, RoleFingerprint.Of(role), StringComparison.Ordinal);
            if (isReplaced)
                await database.ExecuteAsync(EndSessions, [name], cancellationToken);
            await database.ExecuteAsync(role.PasswordStatement(ScramVerifier.Create(workshop.Secrets.Find(name)!)), [], cancellationToken);
            if (isReplaced)
                await database.ExecuteAsync(EndSessions, [name], cancellationToken);
        }

        // Last: the comment says that all before it was done.
        var comment = $"comment on role {SqlText.Identifier(name)} is {SqlText.Literal(RoleFingerprint.Comment(role))}";
        await database.ExecuteAsync(comment, [], cancellationToken);
    }

    public async Task CreateSlotAsync(string name, ObservedCluster seen, CancellationToken cancellationToken)
    {
        var primary = Primary(seen);
        var database = workshop.Survey.Database(primary.Model);
        var found = primary.Answers!.Slots.FirstOrDefault(slot => string.Equals(slot.Name, name, StringComparison.Ordinal));
        if (found is not null)
        {
            // A standby behind a lost slot may miss WAL for good. That must be known after the slot is new and looks well. One of another
            // host has noted it there before this was planned.
            var standby = workshop.Model.Nodes.FirstOrDefault(node => string.Equals(node.SlotName, name, StringComparison.Ordinal));
            if (found.IsLost && standby is not null && workshop.Self.Has(standby))
                workshop.Files.RequestRebuild(standby.Name);
            await database.ExecuteAsync("select pg_catalog.pg_drop_replication_slot($1)", [name], cancellationToken);
            workshop.Announce(
                AnnouncementLevel.Warning, $"slot {name} is made anew: {(found.IsLost ? "the server had given it up" : "it kept no WAL")}");
        }

        await database.ExecuteAsync("select pg_catalog.pg_create_physical_replication_slot($1, true)", [name], cancellationToken);
    }

    /// <summary>Only where nobody uses it: a walsender lives a moment longer than its standby.</summary>
    public Task DropSlotAsync(string name, ObservedCluster seen, CancellationToken cancellationToken) =>
        workshop.Survey.Database(Primary(seen).Model).ExecuteAsync(
            "select pg_catalog.pg_drop_replication_slot(slot_name) from pg_catalog.pg_replication_slots "
                + "where slot_name = $1 and not active",
            [name],
            cancellationToken);

    private static ObservedNode Primary(ObservedCluster seen) =>
        seen.AnsweringPrimary ?? throw new OperationException(ErrorCodes.ServerUnreachable, "the primary does not answer");
}
