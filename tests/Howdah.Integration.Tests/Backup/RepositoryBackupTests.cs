using Howdah.Core.Errors;
using Howdah.Core.Wal;
using Howdah.Integration.Tests.Fixtures;
using Howdah.Operations.Backup;
using Howdah.Operations.VerifySnapshot;
using Howdah.Postgres.Replication;
using Howdah.Repository;
using Howdah.Repository.Snapshots;
using Howdah.Repository.Wal;

namespace Howdah.Integration.Tests.Backup;

/// <summary>A base backup into a repository: a snapshot, or nothing.</summary>
public sealed class RepositoryBackupTests
{
    [Theory]
    [MemberData(nameof(SupportedMajors.Tested), MemberType = typeof(SupportedMajors))]
    public async Task A_snapshot_appears_when_its_wal_has_arrived_and_matches_its_manifest(int major)
    {
        await using var scene = await Scene.CreateAsync(major);
        var place = await scene.Server.CreateTablespaceAsync("one", "space");
        await scene.Server.ExecuteAsync("create table far tablespace one as select generate_series(1, 20000) as n");

        var arrival = new LedgerWalArrival(scene.Wal, TimeProvider.System, TimeSpan.FromSeconds(30));
        var late = new LateWal(scene, arrival);
        var phases = new List<BackupPhase>();
        var snapshot = await Scene.BackUpAsync(scene.Request with { Wal = late, Label = "before the upgrade" }, new PhaseKeeper(phases));
        Assert.Equal(0, late.SnapshotsSeen);
        Assert.Equal(
            [BackupPhase.Checkpoint, BackupPhase.Receiving, BackupPhase.Finishing, BackupPhase.WaitingForWal, BackupPhase.Done],
                phases.Distinct());

        var listed = Assert.Single(await scene.Repository.Snapshots.ListAsync(TestEnvironment.Stop));
        Assert.Equal(snapshot.Id, listed.Id);
        Assert.Equal("before the upgrade", listed.Record.Label);
        Assert.True(listed.Record.IsClean());
        Assert.True(listed.Record.PageChecksums);
        var space = Assert.Single(listed.Record.Tablespaces);
        Assert.Equal((place, "one"), (space.Location, space.Name));
        Assert.False(File.Exists(Path.Combine(listed.DataDirectory, "backup_manifest")));

        var verifier = new SnapshotVerifier(listed);
        Assert.Empty(verifier.Run(TestEnvironment.Stop));
        Assert.Equal(listed.Record.Bytes, verifier.BytesRead);
    }

    [Fact]
    public async Task Damage_to_a_snapshot_is_found_file_by_file()
    {
        await using var scene = await Scene.CreateAsync(SupportedMajors.Default);
        var snapshot = await Scene.BackUpAsync(scene.Request, NoBackupObserver.Instance);
        var data = snapshot.DataDirectory;
        File.Delete(Path.Combine(data, "global/pg_filenode.map"));
        await File.AppendAllTextAsync(Path.Combine(data, "PG_VERSION"), "x");
        BackupScene.Damage(data, "base/1/1255", block: 3);
        await File.WriteAllTextAsync(Path.Combine(data, "stray"), "x");
        var findings = new SnapshotVerifier(snapshot).Run(TestEnvironment.Stop);
        Assert.Equal(
            [
                (SnapshotFindingKind.WrongSize, "PG_VERSION"),
                (SnapshotFindingKind.WrongChecksum, "base/1/1255"),
                (SnapshotFindingKind.Missing, "global/pg_filenode.map"),
                (SnapshotFindingKind.Unlisted, "stray"),
            ],
            findings.Select(finding => (finding.Kind, finding.Path)).OrderBy(finding => finding.Path, StringComparer.Ordinal));

        await File.AppendAllTextAsync(snapshot.ManifestPath!, " x");
        var error = Assert.Throws<OperationException>(() => new SnapshotVerifier(snapshot).Run(TestEnvironment.Stop));
        Assert.Equal(ErrorCodes.SnapshotCorrupt, error.Code);
    }

    [Fact]
    public async Task Wal_that_never_arrives_fails_the_backup_and_leaves_nothing()
    {
        await using var scene = await Scene.CreateAsync(SupportedMajors.Default);
        var arrival = new LedgerWalArrival(scene.Wal, TimeProvider.System, TimeSpan.FromMilliseconds(500));
        var error = await Assert.ThrowsAsync<OperationException>(
            () => Scene.BackUpAsync(scene.Request with { Wal = arrival }, NoBackupObserver.Instance));
        Assert.Equal(ErrorCodes.BackupFailed, error.Code);
        Assert.Empty(Directory.EnumerateFileSystemEntries(scene.Repository.Snapshots.Directory));
    }

    [Fact]
    public async Task Wal_from_before_the_repository_fails_the_backup_without_a_wait()
    {
        await using var scene = await Scene.CreateAsync(SupportedMajors.Default);
        var passed = new PassedWal(scene, new LedgerWalArrival(scene.Wal, TimeProvider.System, TimeSpan.FromSeconds(30)));
        var error = await Assert.ThrowsAsync<OperationException>(
            () => Scene.BackUpAsync(scene.Request with { Wal = passed }, NoBackupObserver.Instance));
        Assert.Equal(ErrorCodes.WalGap, error.Code);
        Assert.Contains("the repository begins at", error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(scene.Repository.Snapshots.Directory));
    }

    [Fact]
    public async Task A_label_of_two_lines_is_refused_before_anything_is_done()
    {
        await using var scene = await Scene.CreateAsync(SupportedMajors.Default);
        var error = await Assert.ThrowsAsync<OperationException>(
            () => Scene.BackUpAsync(scene.Request with { Label = "a\nSTART TIMELINE: 9" }, NoBackupObserver.Instance));
        Assert.Equal(ErrorCodes.UsageInvalid, error.Code);
    }

    private sealed class Scene : IAsyncDisposable
    {
        private readonly TestDirectory _directory;

        private Scene(TestServer server, TestDirectory directory, BackupRepository repository, SystemIdentification identity)
        {
            (Server, _directory, Repository) = (server, directory, repository);
            Wal = repository.Wal(identity.SystemIdentifier, WalSegmentSize.Default);
            Request = new BackupRequest
            {
                Connection = BackupScene.SettingsOf(server),
                Snapshots = repository.Snapshots,
                Wal = new AtOnce(),
                Lineage = Wal.LineageId,
                System = identity.SystemIdentifier,
                Database = "postgres",
            };
        }

        public TestServer Server { get; }

        public BackupRepository Repository { get; }

        public WalStore Wal { get; }

        public BackupRequest Request { get; }

        public static async Task<Scene> CreateAsync(int major)
        {
            var server = await TestServer.StartAsync(new TestServerOptions(major));
            var directory = await TestDirectory.CreateAsync("repository");
            var repository = BackupRepository.CreateOrOpen(directory.File("repository"), new RepositoryOptions());
            await using var connection = await ReplicationConnection.OpenAsync(
                BackupScene.SettingsOf(server), TimeProvider.System, TestEnvironment.Stop);
            return new Scene(server, directory, repository, await connection.IdentifySystemAsync(TestEnvironment.Stop));
        }

        public static Task<Snapshot> BackUpAsync(BackupRequest request, IBackupObserver observer) =>
            new BackupOperation(TimeProvider.System, observer).RunAsync(request, TestEnvironment.Stop);

        public async ValueTask DisposeAsync()
        {
            await Server.DisposeAsync();
            await _directory.DisposeAsync();
        }
    }

    /// <summary>Lets the operation wait, looks whether the snapshot is already there, then copies the WAL from the server.</summary>
    private sealed class LateWal(Scene scene, IWalArrival ledger) : IWalArrival
    {
        public int SnapshotsSeen { get; private set; } = -1;

        public async Task WaitAsync(TimelineId timeline, LsnRange range, CancellationToken cancellationToken)
        {
            var waiting = ledger.WaitAsync(timeline, range, cancellationToken);
            Assert.False(waiting.IsCompleted);
            SnapshotsSeen = (await scene.Repository.Snapshots.ListAsync(cancellationToken)).Count;
            var first = WalSegment.Containing(timeline, range.Start, scene.Wal.SegmentSize);
            for (var segment = first; segment.Start < range.End; segment = segment.Next)
            {
                File.Copy(Path.Combine(scene.Server.DataDirectory, "pg_wal", segment.Name), scene.Wal.PartialPath(segment));
                await scene.Wal.CompleteSegmentAsync(segment, cancellationToken);
            }

            await waiting;
        }
    }

    /// <summary>A repository that was begun after the backup, at the next segment.</summary>
    private sealed class PassedWal(Scene scene, IWalArrival ledger) : IWalArrival
    {
        public async Task WaitAsync(TimelineId timeline, LsnRange range, CancellationToken cancellationToken)
        {
            var next = WalSegment.Containing(timeline, range.End, scene.Wal.SegmentSize).Next;
            await File.WriteAllBytesAsync(scene.Wal.PartialPath(next), new byte[scene.Wal.SegmentSize.Bytes], cancellationToken);
            await scene.Wal.CompleteSegmentAsync(next, cancellationToken);
            await ledger.WaitAsync(timeline, range, cancellationToken);
        }
    }

    private sealed class AtOnce : IWalArrival
    {
        public Task WaitAsync(TimelineId timeline, LsnRange range, CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private sealed class PhaseKeeper(List<BackupPhase> phases) : IBackupObserver
    {
        public void Report(BackupProgress progress) => phases.Add(progress.Phase);
    }
}
