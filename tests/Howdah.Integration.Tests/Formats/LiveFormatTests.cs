using Howdah.Core.Wal;
using Howdah.Postgres.DataDirectory;
using Howdah.Postgres.Wal;

namespace Howdah.Integration.Tests.Formats;

/// <summary>What real servers of each version write is read without a finding, and one flipped bit is found where it is.</summary>
public sealed class LiveFormatTests
{
    public static TheoryData<int> Majors => [11, 12, 13, 14, 15, 16, 17, 18];

    [Theory]
    [MemberData(nameof(Majors))]
    public void Files_of_a_real_server_are_understood(int major)
    {
        using var server = new ScratchServer(major);
        server.Start();
        var floor = Load(server);
        var pgControl =
            server.Query("select system_identifier || '|' || pg_control_version || '|' || catalog_version_no from pg_control_system()");
        var checkpoint = server.Query("select checkpoint_lsn || '|' || redo_lsn || '|' || timeline_id from pg_control_checkpoint()");
        var current = Lsn.Parse(server.Query("select pg_current_wal_insert_lsn()"));
        server.Stop();

        var control = ReadControl(server);
        Assert.Equal(pgControl, $"{control.System}|{control.ControlVersion}|{control.CatalogVersion}");
        Assert.Equal(ClusterState.ShutDown, control.State);
        Assert.True(control.HasDataChecksums);
        Assert.True(control.Checkpoint >= current);
        Assert.NotEqual(checkpoint, $"{control.Checkpoint}|{control.CheckpointRedo}|{control.CheckpointTimeline}", StringComparer.Ordinal);
        Assert.Equal(100, control.MaxConnections);
        Assert.Equal(64, control.MaxLocksPerTransaction);
        Assert.Equal(major >= 12 ? 10 : 0, control.MaxWalSenders);

        Assert.InRange(CountVerifiedPages(server.Data), 800, int.MaxValue);
        CheckWal(server, control, floor);
    }

    [Fact]
    public void A_promoted_servers_first_segment_holds_pages_of_its_parent()
    {
        using var server = new ScratchServer(15);
        server.Start();
        server.Query("create table t as select generate_series(1, 50000) as n");
        server.Stop();
        var before = ReadControl(server);
        File.WriteAllText(Path.Combine(server.Data, "standby.signal"), "");
        ScratchServer.Run("chown", "postgres", Path.Combine(server.Data, "standby.signal"));
        server.Start();
        server.Promote();
        server.Query("insert into t select generate_series(1, 50000); select pg_switch_wal()");
        server.Stop();

        var historyText = File.ReadAllText(Path.Combine(server.Data, "pg_wal", "00000002.history"));
        var history = TimelineHistory.Parse(new TimelineId(2), historyText);
        var segment = WalSegment.Containing(new TimelineId(2), history.Ancestors[0].SwitchPoint, before.WalSegmentSize);
        var content = File.ReadAllBytes(Path.Combine(server.Data, "pg_wal", segment.Name));
        var expected = new WalExpectations { System = before.System, Major = 15, History = history };
        Assert.Equal(new TimelineId(1), WalPageHeader.Read(content).Timeline);
        Assert.Empty(WalSegmentCheck.ValidatePages(content, segment, expected));
        Assert.Empty(WalSegmentCheck.ValidatePages(content, segment, expected with { History = null }));

        var events = new List<WalEvent>();
        var verifier = new WalChainVerifier(expected) { RecordRead = (in WalRecord record) => Keep(events, record) };
        verifier.Add(segment, 0, content);
        Assert.Empty(verifier.Findings);
        Assert.Contains(events, e => e is WalEndOfRecovery { Timeline.Value: 2 } or WalCheckpoint { Timeline.Value: 2 });

        var wrong = new WalExpectations { History = TimelineHistory.WithoutAncestors(new TimelineId(2)) };
        Assert.Equal(WalFindingKind.WrongTimeline, WalSegmentCheck.ValidatePages(content, segment, wrong)[0].Kind);
    }

    private static Lsn Load(ScratchServer server)
    {
        var floor = Lsn.Parse(server.Query("select pg_current_wal_insert_lsn()"));
        server.Query("create table load as select n, md5(n::text) as text from generate_series(1, 200000) as n");
        server.Query("create unlogged table volatile as select 1 as n; create index on load (n)");
        server.Query("vacuum load");
        server.Query("begin; update load set n = n + 1 where n % 10 = 0; rollback");
        server.Query("select pg_create_restore_point('before the fall')");
        server.Query("select pg_switch_wal()");
        server.Query("update load set text = text || 'x' where n % 3 = 0; checkpoint");
        return floor;
    }

    private static void CheckWal(ScratchServer server, ControlFile control, Lsn floor)
    {
        var expected =
            new WalExpectations
            {
                System = control.System,
                Major = server.Major,
                History = TimelineHistory.WithoutAncestors(new TimelineId(1))
            };
        var events = new List<WalEvent>();
        var verifier = new WalChainVerifier(expected) { RecordRead = (in WalRecord record) => Keep(events, record) };
        var size = control.WalSegmentSize;
        var first = WalSegment.Containing(new TimelineId(1), floor, size);
        var last = WalSegment.Containing(new TimelineId(1), control.Checkpoint, size);
        Assert.True(last.Number > first.Number + 1);
        for (var segment = first; segment.Number < last.Number; segment = segment.Next)
        {
            using var file = File.OpenHandle(Path.Combine(server.Data, "pg_wal", segment.Name));
            var content = File.ReadAllBytes(Path.Combine(server.Data, "pg_wal", segment.Name));
            Assert.Empty(WalSegmentCheck.ValidatePages(content, segment, expected));
            Assert.Empty(WalSegmentCheck.ValidateFile(file, segment, expected));
            verifier.Add(segment, 0, content);
        }

        Assert.Empty(verifier.Findings);
        using var partial = File.OpenHandle(Path.Combine(server.Data, "pg_wal", last.Name));
        var alone = WalEndFinder.Find(partial, last, new WalChainVerifier(expected));
        var end = WalEndFinder.Find(partial, last, verifier);
        Assert.Equal(control.Checkpoint, end.LastRecord);
        Assert.Equal(end.End, alone.End);
        Assert.NotNull(end.StoppedBy);

        Assert.Contains(events, e => e is WalRestorePoint { Name: "before the fall" });
        Assert.Contains(events, e => e is WalSwitch);
        Assert.Contains(events, e => e is WalTransactionEnd { Outcome: WalTransactionOutcome.Aborted });
        var commit = events.OfType<WalTransactionEnd>().Last(e => e.Outcome == WalTransactionOutcome.Committed);
        Assert.InRange(TimeProvider.System.GetUtcNow() - commit.Time!.Value, TimeSpan.Zero, TimeSpan.FromMinutes(5));
        Assert.Equal(control.Checkpoint, events.OfType<WalCheckpoint>().Last(e => e.IsShutdown).Start);

        FlipBits(server, first.Next, expected);
    }

    private static void FlipBits(ScratchServer server, WalSegment segment, WalExpectations expected)
    {
        var content = File.ReadAllBytes(Path.Combine(server.Data, "pg_wal", segment.Name));
        var starts = new List<Lsn>();
        var whole = new WalChainVerifier(expected) { RecordRead = (in WalRecord record) => starts.Add(record.Start) };
        whole.Add(segment, 0, content);
        Assert.Empty(whole.Findings);

        // A bit within a record, one in its header, one in a page header.
        var record = starts[starts.Count / 2];
        Assert.Equal(WalFindingKind.BadRecordChecksum, FlipAndVerify(size: (int)(record - segment.Start) + 24, record));
        Assert.Equal(WalFindingKind.BrokenChain, FlipAndVerify((int)(record - segment.Start) + 8, record));
        Assert.Equal(
            WalFindingKind.WrongAddress, FlipAndVerify((5 * WalPageHeader.PageBytes) + 8, segment.Start + (5 * WalPageHeader.PageBytes)));

        WalFindingKind FlipAndVerify(int size, Lsn place)
        {
            var copy = (byte[])content.Clone();
            copy[size] ^= 0x10;
            var verifier = new WalChainVerifier(expected);
            verifier.Add(segment, 0, copy);
            var finding = verifier.Findings[0];
            Assert.Equal(place, finding.Position);
            Assert.InRange(verifier.RecordCount, starts.Count / 3, starts.Count - 1);
            return finding.Kind;
        }
    }

    private static ControlFile ReadControl(ScratchServer server) =>
        ControlFile.Parse(File.ReadAllBytes(Path.Combine(server.Data, ControlFile.RelativePath)));

    private static void Keep(List<WalEvent> events, in WalRecord record)
    {
        if (WalEvent.Decode(record) is { } known)
            events.Add(known);
    }

    private static int CountVerifiedPages(string data)
    {
        var pages = 0;
        foreach (var path in Directory.EnumerateFiles(data, "*", SearchOption.AllDirectories))
        {
            if (!RelationFileName.TryParsePath(Path.GetRelativePath(data, path), out var name))
                continue;
            var content = File.ReadAllBytes(path);
            Assert.Equal(0, content.Length % PageHeader.PageBytes);
            for (var at = 0; at < content.Length; at += PageHeader.PageBytes)
            {
                var page = content.AsSpan(at, PageHeader.PageBytes);
                if (PageHeader.Read(page).IsNew)
                    continue;
                var block = name.FirstBlock + (uint)(at / PageHeader.PageBytes);
                Assert.True(PageChecksum.Matches(page, block), $"{path} block {block}");
                page[1000] ^= 1;
                Assert.False(PageChecksum.Matches(page, block));
                pages++;
            }
        }

        return pages;
    }
}
