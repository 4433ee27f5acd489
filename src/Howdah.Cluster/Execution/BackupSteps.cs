using Howdah.Cluster.Configuration;
using Howdah.Cluster.Observation;
using Howdah.Cluster.Planning;
using Howdah.Cluster.Rendering;
using Howdah.Core.Errors;
using Howdah.Core.Wal;
using Howdah.Operations.Backup;
using Howdah.Postgres.Sql;

namespace Howdah.Cluster.Execution;

/// <summary>The first base backup, and the proof that all of it works together.</summary>
internal sealed class BackupSteps(ClusterWorkshop workshop)
{
    private static readonly TimeSpan ReadDeadline = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan ReceiveDeadline = TimeSpan.FromMinutes(1);

    public async Task TakeAsync(PlanStep step, ObservedCluster seen, CancellationToken cancellationToken)
    {
        var primary = Primary(seen);
        var repository = workshop.OpenRepository();
        var store = repository.FindWal(primary.Answers!.System)
            ?? throw new OperationException(
                ErrorCodes.RepositoryUnavailable, "the repository holds no WAL of this system yet", "is the receiver running?");
        var request = new ClusterBackups(workshop.Model, workshop.Time).Request(primary.Model, repository, store);
        await new BackupOperation(workshop.Time, new BackupStepObserver(workshop, step)).RunAsync(request, cancellationToken);
    }

    /// <summary>Writes a row, reads it on every standby, waits for its WAL, restores and reads it there.</summary>
    public async Task ProveAsync(PlanStep step, ObservedCluster seen, CancellationToken cancellationToken)
    {
        var primary = Primary(seen);
        var (row, position) = await WriteRowAsync(primary, cancellationToken);
        var standbys = seen.Standbys.Select(node => node.Model).ToList();
        foreach (var standby in standbys)
            await ReadRowAsync(standby, row, cancellationToken);
        await AwaitReceivedAsync(primary.Model, position, cancellationToken);
        var drill = await new ProofDrill(workshop).RunAsync(step, new ProofRow(row, position, primary.Answers!.System), cancellationToken);
        workshop.Files.WriteProof(new ProofRecord
        {
            System = primary.Answers.System,
            At = workshop.Time.GetUtcNow(),
            Snapshot = drill.Snapshot,
            Took = drill.Took,
            Nodes = [.. standbys.Select(node => node.Name)],
        });
    }

    /// <summary>Commits of the backup's role on the primary; the table is made with the role.</summary>
    private async Task<(string Row, Lsn Position)> WriteRowAsync(ObservedNode primary, CancellationToken cancellationToken)
    {
        await using var database = ClusterConnections.OpenBackup(workshop.Model, primary.Model);
        await database.ExecuteAsync(ProofTable.Write, [], cancellationToken);
        var answer = await database.QueryRowAsync(ProofTable.Read, [], cancellationToken);
        var position = await database.QueryRowAsync("select pg_current_wal_flush_lsn() as position", [], cancellationToken);
        return (answer.Text("row")!, position.Lsn("position")!.Value);
    }

    private async Task ReadRowAsync(NodeModel standby, string row, CancellationToken cancellationToken)
    {
        await using var database = ClusterConnections.OpenBackup(workshop.Model, standby);
        await Waiting.UntilAsync(
            () => HasRowAsync(database, row, cancellationToken),
            new WaitOptions(ReadDeadline, $"the row written on the primary was not read on {standby.Name}", "is its replay paused?"),
            workshop.Time,
            cancellationToken);
    }

    private static async Task<bool> HasRowAsync(SqlDatabase database, string row, CancellationToken cancellationToken)
    {
        var tables = await database.QueryAsync(ProofTable.IsThere, [], cancellationToken);
        if (tables.Count == 0)
            return false;
        var rows = await database.QueryAsync(ProofTable.Read, [], cancellationToken);
        return rows is [var found] && string.Equals(found.Text("row"), row, StringComparison.Ordinal);
    }

    private async Task AwaitReceivedAsync(NodeModel primary, Lsn position, CancellationToken cancellationToken)
    {
        await using var database = ClusterConnections.OpenBackup(workshop.Model, primary);
        await Waiting.UntilAsync(
            async () => (await database.QueryAsync(
                "select flush_lsn from pg_stat_replication where application_name = $1 and flush_lsn >= $2::pg_lsn",
                [workshop.Model.Backup.ApplicationName, position.ToString()],
                cancellationToken)).Count > 0,
            new WaitOptions(ReceiveDeadline, $"{workshop.Model.Backup.Name} did not confirm WAL up to {position}"),
            workshop.Time,
            cancellationToken);
    }

    private static ObservedNode Primary(ObservedCluster seen) =>
        seen.AnsweringPrimary ?? throw new OperationException(ErrorCodes.ServerUnreachable, "the primary does not answer");
}
