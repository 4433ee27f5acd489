using Howdah.Cluster.Configuration;
using Howdah.Cluster.Observation;
using Howdah.Cluster.Planning;
using Howdah.Core.Errors;
using Howdah.Core.Wal;
using Howdah.Operations.Backup;

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
        var request = new BackupRequest
        {
            Connection = ClusterConnections.Backup(workshop.Model, primary.Model),
            Snapshots = repository.Snapshots,
            Wal = LedgerWalArrival.FromReceiver(store, workshop.Time),
            Lineage = store.LineageId,
            System = primary.Answers.System,
            Cluster = workshop.Model.Name,
            Source = primary.Model.Name,
            RateLimit = workshop.Model.Backup.RateLimit,
        };
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

    private async Task<(string Row, Lsn Position)> WriteRowAsync(ObservedNode primary, CancellationToken cancellationToken)
    {
        var database = workshop.Survey.Database(primary.Model);
        await database.ExecuteAsync("create schema if not exists howdah", [], cancellationToken);
        await database.ExecuteAsync(
            "create table if not exists howdah.proof (id int primary key, written_at timestamptz not null)", [], cancellationToken);
        await database.ExecuteAsync(
            "insert into howdah.proof values (1, clock_timestamp()) on conflict (id) do update set written_at = excluded.written_at",
            [],
            cancellationToken);
        var answer = await database.QueryRowAsync(
            "select written_at::text as row, pg_current_wal_flush_lsn() as position from howdah.proof where id = 1", [], cancellationToken);
        return (answer.Text("row")!, answer.Lsn("position")!.Value);
    }

    private Task ReadRowAsync(NodeModel standby, string row, CancellationToken cancellationToken) => Waiting.UntilAsync(
        async () =>
        {
            var database = workshop.Survey.Database(standby);
            var tables = await database.QueryAsync("select 1 as one where to_regclass('howdah.proof') is not null", [], cancellationToken);
            if (tables.Count == 0)
                return false;
            var rows = await database.QueryAsync("select written_at::text as row from howdah.proof where id = 1", [], cancellationToken);
            return rows is [var found] && string.Equals(found.Text("row"), row, StringComparison.Ordinal);
        },
        new WaitOptions(ReadDeadline, $"the row written on the primary was not read on {standby.Name}", "is its replay paused?"),
        workshop.Time,
        cancellationToken);

    private Task AwaitReceivedAsync(NodeModel primary, Lsn position, CancellationToken cancellationToken) => Waiting.UntilAsync(
        async () =>
        {
            var rows = await workshop.Survey.Database(primary).QueryAsync(
                "select flush_lsn from pg_stat_replication where application_name = $1 and flush_lsn >= $2::pg_lsn",
                [workshop.Model.Backup.ApplicationName, position.ToString()],
                cancellationToken);
            return rows.Count > 0;
        },
        new WaitOptions(ReceiveDeadline, $"{workshop.Model.Backup.Name} did not confirm WAL up to {position}"),
        workshop.Time,
        cancellationToken);

    private static ObservedNode Primary(ObservedCluster seen) =>
        seen.AnsweringPrimary ?? throw new OperationException(ErrorCodes.ServerUnreachable, "the primary does not answer");
}
