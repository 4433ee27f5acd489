using System.Text.Json;
using Howdah.Cluster.Planning;
using Howdah.Core.Errors;
using Howdah.Core.Wal;
using Howdah.Operations.Drill;
using Howdah.Postgres.Sql;

namespace Howdah.Cluster.Execution;

/// <summary>The row that a restored copy must hold, and where its WAL ends.</summary>
internal sealed record ProofRow(string WrittenAt, Lsn Position, SystemIdentifier System);

/// <summary>What the drill restored, and how long all of it took.</summary>
internal sealed record ProofOutcome(string Snapshot, TimeSpan Took);

/// <summary>Restores the newest state beside the cluster, starts it isolated, and reads the row there.</summary>
internal sealed class ProofDrill(ClusterWorkshop workshop)
{
    /// <exception cref="OperationException"><see cref="ErrorCodes.DrillFailed"/>: it did not restore, or the row is not in it.</exception>
    public async Task<ProofOutcome> RunAsync(PlanStep step, ProofRow row, CancellationToken cancellationToken)
    {
        var began = workshop.Time.GetTimestamp();
        workshop.Observer.StepProgressed(step, new StepProgress(0, null, "bytes"));
        var model = workshop.Model;
        Invariant.Check(workshop.Environment.FetchProgram is not null);
        var options = new DrillOptions
        {
            Scratch = Path.Combine(model.Paths.RunDirectory, "drill"),
            FetchProgram = workshop.Environment.FetchProgram,
            System = row.System,
            BinDirectories = [workshop.Installation.BinDirectory],
            Query = $"select 1 as found from howdah.proof where id = 1 and written_at = {SqlText.Literal(row.WrittenAt)}::timestamptz",
            QueryIsProof = true,
            Superuser = model.Users.Superuser,
        };
        var record = await new DrillOperation(workshop.OpenRepository(), options, workshop.Time).RunAsync(cancellationToken);
        if (record.WhatFailed() is { } failure)
            throw new OperationException(ErrorCodes.DrillFailed, $"the drill failed: {failure}", "run: howdah drill");

        if (!HasRow(record.Answer))
        {
            throw new OperationException(
                ErrorCodes.DrillFailed,
                $"the restored copy, replayed up to {record.ReachedLsn}, does not hold the row whose commit ended at {row.Position}",
                "run: howdah wal gaps");
        }

        return new ProofOutcome(record.Snapshot!, workshop.Time.GetElapsedTime(began));
    }

    private static bool HasRow(string? answer)
    {
        if (answer is null)
            return false;
        using var json = JsonDocument.Parse(answer);
        return json.RootElement.TryGetProperty("found", out _);
    }
}
