using Howdah.Barman.Facts;
using Howdah.Cluster.Configuration;
using Howdah.Core.Errors;
using Howdah.Core.Wal;
using Howdah.Postgres.Versions;
using Howdah.Repository;
using Howdah.Repository.Snapshots;

namespace Howdah.Barman.Observation;

/// <summary>Reads the repository as Barman's catalogue.</summary>
internal sealed class CatalogueReader(ClusterModel model, TimeProvider time)
{
    public async Task<Observed<CatalogueFacts>> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            return Observed<CatalogueFacts>.Of(await ReadCatalogueAsync(cancellationToken));
        }
        catch (OperationException exception)
        {
            return Observed<CatalogueFacts>.Unknown(exception.Message);
        }
    }

    /// <summary>The repository. Unfinished segments are not looked into: these commands speak of whole ones.</summary>
    public BackupRepository Open() => BackupRepository.Open(model.Backup.RepositoryDirectory, new RepositoryOptions { Time = time });

    /// <summary>What one snapshot is in Barman's words.</summary>
    /// <param name="snapshot">The snapshot.</param>
    /// <param name="ledger">Its system's WAL; null where none is held.</param>
    /// <param name="next">The next snapshot of the system; null for the newest.</param>
    public BackupFacts Describe(SnapshotRecord snapshot, WalLedger? ledger, SnapshotRecord? next)
    {
        var copy = new BackupCopyFacts(snapshot.StartLsn, snapshot.StopLsn, snapshot.StopTimeline, snapshot.SegmentSize)
        {
            BeginTime = Local(snapshot.StartedAt),
            EndTime = Local(snapshot.StoppedAt),
            CopyTime = snapshot.StoppedAt - snapshot.StartedAt,
            Size = snapshot.Bytes,
        };
        copy = copy with { WalAfter = WalHeld.After(copy, ledger, next) };
        return new BackupFacts(snapshot.Id, snapshot.IsClean() ? BackupStatus.Done : BackupStatus.Failed)
        {
            Name = snapshot.Label,
            System = snapshot.System,
            Version = new PostgresVersion(snapshot.ServerVersion),
            DataDirectory = snapshot.Source is { } source ? model.FindNode(source)?.DataDirectory : null,
            ClusterSize = snapshot.Bytes,
            HasChecksums = snapshot.PageChecksums,
            Tablespaces = [.. snapshot.Tablespaces.Select(
                space => new TablespaceFacts(space.Name ?? $"{space.Oid}", space.Location, space.Oid))],
            Error = snapshot.IsClean() ? null : $"{snapshot.ChecksumFailureCount} pages do not match their checksum",
            Copy = snapshot.IsClean() ? copy : null,
        };
    }

    private async Task<CatalogueFacts> ReadCatalogueAsync(CancellationToken cancellationToken)
    {
        var repository = Open();
        var snapshots = (await repository.Snapshots.ListAsync(cancellationToken)).Select(snapshot => snapshot.Record).ToList();
        var ledgers = new Dictionary<SystemIdentifier, WalLedger>();
        foreach (var system in repository.ListSystems())
        {
            if (repository.FindWal(system) is { } store)
                ledgers[system] = await store.ReadLedgerAsync(cancellationToken);
        }

        var backups = new List<BackupFacts>();
        for (var i = 0; i < snapshots.Count; i++)
        {
            var next = snapshots.Skip(i + 1).FirstOrDefault(later => later.System == snapshots[i].System && later.IsClean());
            backups.Add(Describe(snapshots[i], ledgers.GetValueOrDefault(snapshots[i].System), next));
        }

        var newest = backups.LastOrDefault(backup => backup.Copy is not null)?.Copy;
        return new CatalogueFacts
        {
            Directory = repository.Directory,
            Backups = backups,
            Systems = [.. ledgers.Keys.Union(snapshots.Select(snapshot => snapshot.System))],
            HasCompleteSegment = ledgers.Values.Any(WalHeld.HasCompleteSegment),
            Gaps = [.. ledgers.Values.SelectMany(ledger => WalHeld.HarmfulGaps(ledger, snapshots))],
            WalBytesSinceLastBackup = newest?.WalAfter.Bytes ?? 0,
            LastWalTime = newest is { WalAfter.Files: > 0 }
                ? ledgers.Values.SelectMany(ledger => ledger.Timelines).Max(timeline => timeline.LastStored)
                : null,
            DirectoryProblem = null,
        };
    }

    private DateTimeOffset Local(DateTimeOffset moment) => TimeZoneInfo.ConvertTime(moment, time.LocalTimeZone);
}
