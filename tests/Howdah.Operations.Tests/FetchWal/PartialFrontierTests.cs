using System.Security.Cryptography;
using System.Text;
using Howdah.Core.Wal;
using Howdah.Operations.FetchWal;
using Howdah.Operations.Tests.ReceiveWal;
using Howdah.Postgres.Tests.Wal;
using Howdah.Repository;
using Howdah.Repository.Wal;

namespace Howdah.Operations.Tests.FetchWal;

/// <summary>How far the ledger takes unfinished segments to go.</summary>
public sealed class PartialFrontierTests : IDisposable
{
    private static readonly WalSegment First = PrimaryWal.First;
    private static readonly SystemIdentifier Own = new(7123456789012345678);

    private readonly TemporaryDirectory _directory = new();
    private readonly WalStore _store;

    public PartialFrontierTests() => _store = BackupRepository
        .CreateOrOpen(_directory.File("r"), PartialFrontier.Options(TimeProvider.System)).Wal(Own, First.Size);

    public void Dispose() => _directory.Dispose();

    /// <summary>Its last record goes on in the next segment, which is received while this one is forced to disk.</summary>
    [Fact]
    public void A_full_segment_that_waits_to_be_finished_is_no_hole()
    {
        File.WriteAllBytes(_store.PartialPath(First), PrimaryWal.Read(First.Start, First.End));
        WritePartial(First.Next, PrimaryWal.Read(First.End, PrimaryWal.End));

        var ledger = _store.ReadLedger();
        Assert.Empty(ledger.Gaps);
        var held = Assert.Single(Assert.Single(ledger.Timelines).Ranges);
        Assert.Equal(First.Start, held.Start);
        Assert.InRange(PrimaryWal.End - held.End, 0UL, 3100UL);
    }

    /// <summary>Two timelines left the first one; the record that crosses is of the first, not of the one with the number below.</summary>
    [Fact]
    public async Task The_segment_before_is_of_the_timeline_that_the_history_says()
    {
        var third = new TimelineId(3);
        File.WriteAllBytes(_store.SegmentPath(First), PrimaryWal.Read(First.Start, First.End));
        File.WriteAllBytes(_store.SegmentPath(new WalSegment(new TimelineId(2), First.Number, First.Size)), OtherSegment());
        await StoreHistoryAsync(2, First.Start);
        await StoreHistoryAsync(3, First.End + 8192);
        WritePartial(new WalSegment(third, First.Next.Number, First.Size), PrimaryWal.Read(First.End, PrimaryWal.End));

        var held = Assert.Single(_store.ReadLedger().Find(third)!.Ranges);
        Assert.InRange(PrimaryWal.End - held.End, 0UL, 3100UL);
    }

    private Task StoreHistoryAsync(uint timeline, Lsn switchPoint) => _store.StoreHistoryAsync(
        new TimelineId(timeline), Encoding.ASCII.GetBytes($"1\t{switchPoint}\tno recovery target\n"), CancellationToken.None);

    private void WritePartial(WalSegment segment, byte[] begun)
    {
        var content = new byte[segment.Size.Bytes];
        begun.CopyTo(content, 0);
        File.WriteAllBytes(_store.PartialPath(segment), content);
    }

    private static byte[] OtherSegment()
    {
        var builder = new WalBuilder();
        while (builder.Position < First.End)
            builder.Add(10, 0, RandomNumberGenerator.GetBytes(3000));
        return builder.ToSegments()[..First.Size.Bytes];
    }
}
