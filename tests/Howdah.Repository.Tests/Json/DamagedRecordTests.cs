using CsCheck;
using Howdah.Core.Errors;
using Howdah.Core.Wal;
using Howdah.Repository.Drills;
using Howdah.Repository.Wal;

namespace Howdah.Repository.Tests.Json;

/// <summary>Records that a disk, a copy or a hand has changed: an error that names file and place, never a wrong answer.</summary>
public sealed class DamagedRecordTests : IDisposable
{
    private const string SnapshotId = "20261123T091455";

    private static readonly SystemIdentifier System1 = new(7123456789012345678);

    private readonly TemporaryDirectory _directory = new();
    private readonly BackupRepository _repository;
    private readonly WalStore _store;

    public DamagedRecordTests()
    {
        _repository = BackupRepository.CreateOrOpen(_directory.File("r"), new RepositoryOptions());
        _store = _repository.Wal(System1, WalSegmentSize.Default);
    }

    public void Dispose() => _directory.Dispose();

    private string SnapshotFile => Path.Combine(_repository.Snapshots.Directory, SnapshotId, "snapshot.json");

    private string DrillFile => Path.Combine(_repository.Drills.Directory, $"{SnapshotId}.json");

    [Theory]
    [InlineData("\"startLsn\": \"0/3000028\"", "\"startLsn\": \"0/x\"", "line ")]
    [InlineData("\"startLsn\": \"0/3000028\"", "\"startLsn\": 3", "line ")]
    [InlineData("\"startLsn\": \"0/3000028\"", "\"startLsn\": \"0/9000000\"", "stopLsn 0/3000100 is before startLsn 0/9000000")]
    [InlineData("\"startTimeline\": 1", "\"startTimeline\": 0", "line ")]
    [InlineData("\"startTimeline\": 1", "\"startTimeline\": -1", "line ")]
    [InlineData("\"segmentSize\": 16777216", "\"segmentSize\": 16777215", "line ")]
    [InlineData("\"system\": \"7123456789012345678\"", "\"system\": \"99999999999999999999\"", "line ")]
    [InlineData("\"lineage\": \"l\"", "\"lineage\": null", "lineage")]
    [InlineData("\"lineage\": \"l\",", "", "lineage")]
    [InlineData("\"lineage\": \"l\"", "\"lineage\": \"\\ud800\"", "line ")]
    [InlineData("\"tablespaces\": [", "\"tablespaces\": [ null,", "a null in it")]
    [InlineData("\"tablespaces\": [", "\"tablespaces\": [ { \"oid\": 16388, \"location\": \"/b\", \"bytes\": 1 },", "one OID")]
    [InlineData("\"location\": \"/srv/space\"", "\"location\": null", "line ")]
    [InlineData("\"location\": \"/srv/space\",", "", "location")]
    [InlineData("\"warnings\": [", "\"warnings\": [ null,", "a null in it")]
    [InlineData("\"bytes\": 10,", "\"bytes\": -10,", "below zero")]
    [InlineData("\"manifest\": \"backup_manifest\"", "\"manifest\": \"../../other/backup_manifest\"", "manifest is no name")]
    [InlineData("\"format\": 1", "\"format\": 2", "format version 2 is not known")]
    [InlineData("\"format\": 1", "\"format\": \"1\"", "line ")]
    public async Task A_snapshot_record_is_refused_by_what_is_wrong(string good, string bad, string expected)
    {
        await StoreSnapshotAsync();
        Replace(SnapshotFile, good, bad);
        await RefusedAsync(SnapshotFile, expected, () => _repository.Snapshots.ListAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_snapshot_record_that_was_cut_off_anywhere_is_refused_by_line_and_byte()
    {
        var text = await StoreSnapshotAsync();
        for (var length = 0; length < text.TrimEnd().Length; length++)
        {
            Rewrite(SnapshotFile, text[..length]);
            await RefusedAsync(SnapshotFile, "not valid at line ", () => _repository.Snapshots.ListAsync(CancellationToken.None));
        }
    }

    [Fact]
    public async Task Any_change_of_a_byte_gives_a_record_or_is_refused()
    {
        var text = await StoreSnapshotAsync();
        await Gen.Select(Gen.Int[0, text.Length - 1], Gen.Char[' ', '~']).SampleAsync(
            async change =>
            {
                var (at, character) = change;
                Rewrite(SnapshotFile, text[..at] + character + text[(at + 1)..]);
                try
                {
                    foreach (var snapshot in await _repository.Snapshots.ListAsync(CancellationToken.None))
                        Assert.True(snapshot.Record.ToRestorable().StartLsn <= snapshot.Record.StopLsn);
                }
                catch (OperationException exception)
                {
                    Assert.Contains(exception.Code, new[] { ErrorCodes.RepositoryInvalid, ErrorCodes.SnapshotCorrupt });
                }
            },
            threads: 1);
    }

    [Fact]
    public async Task A_record_of_a_size_that_none_has_is_not_read()
    {
        await StoreSnapshotAsync();
        await using (var file = new FileStream(SnapshotFile, FileMode.Open, FileAccess.Write))
            file.SetLength(64 << 20);
        await RefusedAsync(SnapshotFile, "67108864 bytes", () => _repository.Snapshots.ListAsync(CancellationToken.None));
    }

    [Theory]
    [InlineData("\"end\": \"0/5000000\"", "\"end\": \"0/3000000\"", "end 0/3000000 is not after start 0/3000000")]
    [InlineData("\"end\": \"0/5000000\"", "\"end\": \"0/1\"", "end 0/1 is not after start 0/3000000")]
    [InlineData("\"timeline\": 1,", "", "timeline")]
    [InlineData("\"reason\": \"slot lost\"", "\"reason\": null", "reason")]
    [InlineData("\"reason\": \"slot lost\",", "", "reason")]
    public async Task A_recorded_gap_is_refused_by_what_is_wrong(string good, string bad, string expected)
    {
        var gap = new LsnRange(Lsn.Parse("0/3000000"), Lsn.Parse("0/5000000"));
        await _store.RecordGapAsync(TimelineId.First, gap, "slot lost", CancellationToken.None);
        var file = Assert.Single(Directory.GetFiles(_store.Directory, "*.gap"));
        Replace(file, good, bad);
        await RefusedAsync(file, expected, () => _store.ReadLedgerAsync(CancellationToken.None));
    }

    [Theory]
    [InlineData("\"planSeconds\": 2", "\"planSeconds\": 1e300", "planSeconds is no number of seconds")]
    [InlineData("\"planSeconds\": 2", "\"planSeconds\": 1e999", "")]
    [InlineData("\"checksumFailures\": []", "\"checksumFailures\": [ null ]", "a null in it")]
    [InlineData("\"checksumFailures\": []", "\"checksumFailures\": null", "line ")]
    [InlineData("\"startedAt\": \"2026", "\"startedAt\": \"20x6", "line ")]
    public async Task A_drills_result_is_refused_by_what_is_wrong(string good, string bad, string expected)
    {
        _repository.Drills.Add(new DrillRecord
        {
            Id = SnapshotId,
            StartedAt = new DateTimeOffset(2026, 11, 23, 9, 14, 55, TimeSpan.Zero),
            PlanSeconds = 2,
        });
        Replace(DrillFile, good, bad);
        await RefusedAsync(DrillFile, expected, () => Task.FromResult(_repository.Drills.FindNewest()));
    }

    [Theory]
    [InlineData("lineage.json", "\"segmentSize\": 16777216", "\"segmentSize\": 3")]
    [InlineData("lineage.json", "\"lineage\": \"", "\"other\": \"")]
    public async Task A_lineage_is_refused_by_what_is_wrong(string name, string good, string bad)
    {
        var file = Path.Combine(_store.Directory, name);
        Replace(file, good, bad);
        await RefusedAsync(file, "", () => Task.FromResult(_repository.FindWal(System1)));
    }

    private async Task<string> StoreSnapshotAsync()
    {
        var directory = Path.GetDirectoryName(SnapshotFile)!;
        Directory.CreateDirectory(directory);
        var text = """
            {
              "format": 1, "id": "20261123T091455", "system": "7123456789012345678", "lineage": "l", "serverVersion": 150018,
              "segmentSize": 16777216, "startLsn": "0/3000028", "startTimeline": 1, "stopLsn": "0/3000100", "stopTimeline": 1,
              "startedAt": "2026-11-23T09:14:55+00:00", "stoppedAt": "2026-11-23T09:15:10+00:00", "bytes": 10, "files": 1,
              "tablespaces": [ { "oid": 16388, "location": "/srv/space", "bytes": 8192 } ],
              "manifest": "backup_manifest", "warnings": [ "a warning" ]
            }
            """;
        await File.WriteAllTextAsync(SnapshotFile, text);
        var snapshot = Assert.Single(await _repository.Snapshots.ListAsync(CancellationToken.None));
        Assert.Equal(16388U, Assert.Single(snapshot.Record.Tablespaces).Oid);
        return text;
    }

    private static void Replace(string path, string good, string bad)
    {
        var text = File.ReadAllText(path);
        Assert.Contains(good, text, StringComparison.Ordinal);
        Rewrite(path, text.Replace(good, bad, StringComparison.Ordinal));
    }

    private static void Rewrite(string path, string text)
    {
        File.Delete(path);
        File.WriteAllText(path, text);
    }

    private static async Task RefusedAsync(string path, string expected, Func<Task> read)
    {
        var exception = await Assert.ThrowsAsync<OperationException>(read);
        Assert.Equal(ErrorCodes.RepositoryInvalid, exception.Code);
        Assert.Contains(path, exception.Message, StringComparison.Ordinal);
        Assert.Contains(expected, exception.Message, StringComparison.Ordinal);
    }
}
