using Howdah.Core.Errors;
using Howdah.Core.Wal;
using Howdah.Repository.Snapshots;
using Howdah.Storage;
using Microsoft.Extensions.Time.Testing;

namespace Howdah.Repository.Tests.Snapshots;

public sealed class SnapshotCatalogueTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 23, 9, 14, 55, TimeSpan.Zero));
    private readonly SnapshotCatalogue _catalogue;

    public SnapshotCatalogueTests() =>
        _catalogue = BackupRepository.CreateOrOpen(_directory.File("r"), new RepositoryOptions { Time = _time }).Snapshots;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_committed_snapshot_comes_back_as_it_was_written()
    {
        using var draft = await _catalogue.BeginAsync(CancellationToken.None);
        Assert.Equal("20261123T091455", draft.Id);
        File.WriteAllText(Path.Combine(draft.DataDirectory, "PG_VERSION"), "15\n");
        var record = Record(draft.Id);
        await draft.CommitAsync(record, contentIsDurable: false, CancellationToken.None);
        var snapshot = Assert.Single(await _catalogue.ListAsync(CancellationToken.None));
        Assert.Equivalent(record, snapshot.Record, strict: true);
        Assert.True(File.Exists(Path.Combine(snapshot.DataDirectory, "PG_VERSION")));
        Assert.Equal([snapshot.Directory], Directory.GetFileSystemEntries(_catalogue.Directory));
    }

    [Fact]
    public async Task Two_snapshots_of_one_second_get_different_names()
    {
        using var first = await _catalogue.BeginAsync(CancellationToken.None);
        using var second = await _catalogue.BeginAsync(CancellationToken.None);
        await first.CommitAsync(Record(first.Id), contentIsDurable: true, CancellationToken.None);
        using var third = await _catalogue.BeginAsync(CancellationToken.None);
        Assert.Equal(["20261123T091455", "20261123T091455-2", "20261123T091455-3"], [first.Id, second.Id, third.Id]);
    }

    [Fact]
    public async Task A_draft_is_no_snapshot_and_lives_as_long_as_its_owner()
    {
        var draft = await _catalogue.BeginAsync(CancellationToken.None);
        Assert.Empty(await _catalogue.ListAsync(CancellationToken.None));
        Assert.Empty(await _catalogue.CleanAsync(CancellationToken.None));
        Assert.True(Directory.Exists(draft.Directory));

        // What kill -9 does: the kernel drops the lock, the files stay.
        draft.Dispose();
        Assert.Equal([draft.Directory], await _catalogue.CleanAsync(CancellationToken.None));
        Assert.Empty(Directory.GetFileSystemEntries(_catalogue.Directory));
    }

    [Fact]
    public async Task A_snapshot_that_died_between_its_name_and_its_record_is_removed()
    {
        var draft = await _catalogue.BeginAsync(CancellationToken.None);
        var named = Path.Combine(_catalogue.Directory, draft.Id);
        Directory.Move(draft.Directory, named);
        Assert.Empty(await _catalogue.ListAsync(CancellationToken.None));
        Assert.Empty(await _catalogue.CleanAsync(CancellationToken.None));
        draft.Dispose();
        Assert.Equal([named], await _catalogue.CleanAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_discarded_draft_leaves_nothing()
    {
        using var draft = await _catalogue.BeginAsync(CancellationToken.None);
        File.WriteAllText(Path.Combine(draft.DataDirectory, "x"), "");
        await draft.DiscardAsync();
        Assert.Empty(Directory.GetFileSystemEntries(_catalogue.Directory));
    }

    [Fact]
    public async Task Snapshots_are_found_by_word_by_name_and_by_the_beginning_of_one_name()
    {
        foreach (var minutes in Enumerable.Range(0, 3))
        {
            using var draft = await _catalogue.BeginAsync(CancellationToken.None);
            await draft.CommitAsync(Record(draft.Id), contentIsDurable: true, CancellationToken.None);
            _time.Advance(TimeSpan.FromMinutes(30 * (minutes + 1)));
        }

        Assert.Equal("20261123T091455", (await _catalogue.FindAsync("oldest", CancellationToken.None)).Id);
        Assert.Equal("20261123T104455", (await _catalogue.FindAsync("latest", CancellationToken.None)).Id);
        Assert.Equal("20261123T104455", (await _catalogue.FindAsync("20261123t10", CancellationToken.None)).Id);
        Assert.Equal("20261123T094455", (await _catalogue.FindAsync("20261123T094455", CancellationToken.None)).Id);
        foreach (var wrong in new[] { "20261123T09", "20250101T000000" })
        {
            var refused = await Assert.ThrowsAsync<OperationException>(() => _catalogue.FindAsync(wrong, CancellationToken.None));
            Assert.Equal(ErrorCodes.SnapshotNotFound, refused.Code);
        }
    }

    [Fact]
    public async Task An_unknown_version_of_a_record_is_refused_and_never_left_out_silently()
    {
        using var draft = await _catalogue.BeginAsync(CancellationToken.None);
        var snapshot = await draft.CommitAsync(Record(draft.Id) with { Format = 99 }, contentIsDurable: true, CancellationToken.None);
        var refused = await Assert.ThrowsAsync<OperationException>(() => _catalogue.ListAsync(CancellationToken.None));
        Assert.Contains(snapshot.Directory, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_first_format_stays_readable()
    {
        var directory = Path.Combine(_catalogue.Directory, "20260101T000000");
        DirectorySync.Create(directory);
        AtomicFile.Write(Path.Combine(directory, "snapshot.json"), """
            {
              "format": 1, "id": "20260101T000000", "system": "7655999999999999999", "lineage": "0123456789abcdef",
              "serverVersion": 150018, "segmentSize": 16777216, "startLsn": "0/2000028", "startTimeline": 1, "stopLsn": "0/2000100",
              "stopTimeline": 1, "startedAt": "2026-01-01T00:00:00+00:00", "stoppedAt": "2026-01-01T00:00:02+00:00", "bytes": 1234,
                  "files": 2,
              "tablespaces": [ { "oid": 16384, "location": "/ts", "bytes": 8192 } ], "pageChecksums": true, "manifest": "backup_manifest"
            }
            """);
        var record = (await _catalogue.FindAsync("latest", CancellationToken.None)).Record;
        Assert.Equal(new SystemIdentifier(7655999999999999999), record.System);
        Assert.Equal(Lsn.Parse("0/2000028"), record.StartLsn);
        Assert.Equal(new SnapshotTablespace(16384, "/ts", 8192), Assert.Single(record.Tablespaces));
        Assert.True(record.IsClean());
    }

    private SnapshotRecord Record(string id) => new()
    {
        Id = id,
        System = new SystemIdentifier(7655999999999999999),
        Lineage = "0123456789abcdef",
        Cluster = "lab",
        ServerVersion = 150018,
        SegmentSize = WalSegmentSize.Default,
        StartLsn = Lsn.Parse("0/2000028"),
        StartTimeline = new TimelineId(1),
        StopLsn = Lsn.Parse("0/2000100"),
        StopTimeline = new TimelineId(1),
        StartedAt = _time.GetUtcNow(),
        StoppedAt = _time.GetUtcNow(),
        Bytes = 1234,
        Files = 12,
        Tablespaces = [new SnapshotTablespace(16384, "/srv/ts", 8192)],
        PageChecksums = true,
        ChecksumFailureCount = 1,
        ChecksumFailures = [new SnapshotChecksumFailure("base/1/1259", 3, 0x1234, 0x4321)],
        Manifest = "backup_manifest",
        Warnings = ["noticed"],
    };
}
