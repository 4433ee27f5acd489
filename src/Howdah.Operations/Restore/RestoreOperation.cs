using System.Globalization;
using Howdah.Core.Errors;
using Howdah.Core.Restore;
using Howdah.Core.Wal;
using Howdah.Postgres.DataDirectory;
using Howdah.Postgres.Versions;
using Howdah.Repository;
using Howdah.Repository.Snapshots;
using Howdah.Repository.Wal;
using Howdah.Storage;

namespace Howdah.Operations.Restore;

/// <summary>
/// Restores a snapshot into a directory that PostgreSQL, when started, recovers to the target. Plan first, look at the plan, then run.
/// </summary>
public sealed class RestoreOperation(BackupRepository repository, RestoreOptions options, TimeProvider time)
{
    /// <summary>Directories that a server needs and that a backup may leave out because they are empty (pg_basebackup's list).</summary>
    private static readonly string[] NeededDirectories =
    [
        "pg_commit_ts", "pg_dynshmem", "pg_notify", "pg_replslot", "pg_serial", "pg_snapshots", "pg_stat", "pg_stat_tmp", "pg_subtrans",
        "pg_tblspc", "pg_twophase", "pg_wal", "pg_wal/archive_status",
    ];

    /// <summary>Chooses snapshot, timeline and WAL, and checks the destination. Writes nothing.</summary>
    /// <exception cref="OperationException">
    /// <see cref="ErrorCodes.RestoreTargetUnreachable"/> with every reason, or <see cref="ErrorCodes.RestoreRefused"/>.
    /// </exception>
    public async Task<RestorePlan> PlanAsync(CancellationToken ct)
    {
        var snapshots = await repository.Snapshots.ListAsync(ct);
        var chosen = options.Snapshot is { } selector ? await repository.Snapshots.FindAsync(selector, ct) : null;
        var system = chosen?.Record.System ?? options.System ?? Newest(snapshots) ?? throw new OperationException(
            ErrorCodes.SnapshotNotFound, $"the repository {repository.Directory} holds no snapshot", "take one: howdah backup");
        var store = repository.FindWal(system);
        var ledger = await ReadLedgerAsync(store, system, snapshots, ct);
        var restorable = snapshots.Select(static snapshot => snapshot.Record.ToRestorable()).ToArray();
        var target = new RestoreTargetFinder(store, ledger, restorable).Locate(options.Target, chosen?.Id, ct);
        var request = new RestoreRequest(restorable, ledger, target) { SnapshotId = chosen?.Id };
        var planning = new WalGuard(store, options.Tablespaces).Plan(request, ct);
        var plan = planning.Plan ?? throw Unreachable(target, planning.Refusals);
        RestoreDestination.Check(options, plan, await repository.Snapshots.FindAsync(plan.Snapshot.Id, ct), repository.Directory);
        return plan with { Remarks = [.. plan.Remarks, .. LeftBehind(), RestoredAddress.Remark(options)] };
    }

    /// <summary>Carries the plan out. Interrupted at any point it leaves a marked directory that cannot be started, and can be run
    /// again.</summary>
    public async Task<RestoreResult> RunAsync(RestorePlan plan, CancellationToken ct)
    {
        var began = time.GetTimestamp();
        var snapshot = await repository.Snapshots.FindAsync(plan.Snapshot.Id, ct);
        var version = new PostgresVersion(snapshot.Record.ServerVersion);
        var destination = RestoreDestination.Check(options, plan, snapshot, repository.Directory);
        destination.Prepare();

        var copy = new SnapshotCopy(snapshot, destination, options.Progress);
        await copy.CopyAsync(ct);
        Report(RestorePhase.Configuring, copy.Bytes);
        var remarks = StorageFailure.Run($"configuring {destination.Directory}", () => Configure(plan, snapshot, destination, version));

        Report(RestorePhase.Syncing, copy.Bytes);
        StorageFailure.Run($"syncing {destination.Directory}", () =>
        {
            foreach (var place in destination.Tablespaces.Values.Append(destination.Directory))
                WriteBack.FlushFileSystem(place, ct);
            copy.CopyControlFile(ct);
            destination.Finish();
        });
        Report(RestorePhase.Done, copy.Bytes);
        return new RestoreResult(plan, destination.Directory, copy.Files, copy.Bytes, time.GetElapsedTime(began),
            [.. plan.Remarks, .. remarks]);
    }

    private IEnumerable<string> LeftBehind()
    {
        if (RestoreMarker.Read(options.Directory) is { } left)
            yield return $"{options.Directory} holds what an interrupted restore left, of snapshot {left.Snapshot}: it is cleared first";
    }

    private static SystemIdentifier? Newest(IReadOnlyList<Snapshot> snapshots) => snapshots.Count == 0 ? null : snapshots[^1].Record.System;

    private static OperationException Unreachable(RestoreTarget target, IReadOnlyList<RestoreRefusal> refusals)
    {
        // The newest snapshots' reasons stand first; a repository with hundreds of snapshots must not fill the screen.
        const int most = 5;
        var messages = refusals.Select(static refusal => refusal.Message).Distinct(StringComparer.Ordinal).ToList();
        var reasons = string.Join("; ", messages.Take(most));
        var more = messages.Count > most ? string.Create(CultureInfo.InvariantCulture, $"; and {messages.Count - most} more") : "";
        return new OperationException(
            ErrorCodes.RestoreTargetUnreachable, $"{target} cannot be reached: {reasons}{more}",
                "howdah wal gaps and howdah backups show what there is");
    }

    private static async Task<WalLedger> ReadLedgerAsync(
        WalStore? store, SystemIdentifier system, IReadOnlyList<Snapshot> snapshots, CancellationToken ct)
    {
        if (store is not null)
            return await store.ReadLedgerAsync(checkSizes: true, ct);
        var any = snapshots.First(snapshot => snapshot.Record.System == system).Record;
        return new WalLedger(system, any.SegmentSize, any.Lineage, []);
    }

    private IReadOnlyList<string> Configure(RestorePlan plan, Snapshot snapshot, RestoreDestination destination, PostgresVersion version)
    {
        foreach (var needed in NeededDirectories)
            Directory.CreateDirectory(Path.Combine(destination.Directory, needed), File.GetUnixFileMode(destination.Directory));
        foreach (var stale in new[] { "postmaster.pid", "postmaster.opts" })
            File.Delete(Path.Combine(destination.Directory, stale));
        foreach (var (oid, place) in destination.Tablespaces)
        {
            var link = Path.Combine(destination.Directory, "pg_tblspc", oid.ToString(CultureInfo.InvariantCulture));
            if (Directory.Exists(link) && new DirectoryInfo(link).LinkTarget is null)
                Directory.Delete(link);
            File.CreateSymbolicLink(link, place);
        }

        var control = ControlFile.Parse(File.ReadAllBytes(Path.Combine(snapshot.DataDirectory, ControlFile.RelativePath)));
        if (control.System != snapshot.Record.System)
        {
            throw new OperationException(
                ErrorCodes.SnapshotCorrupt, $"snapshot {snapshot.Id} is damaged: its pg_control is of system {control.System}",
                    "restore another snapshot");
        }

        return new RestoredConfiguration(options, plan, repository.Directory, version).Write(destination.Directory, control);
    }

    private void Report(RestorePhase phase, long bytes) => options.Progress?.Report(new RestoreProgress(phase, bytes, bytes));
}
