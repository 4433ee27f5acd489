using Howdah.Core.Wal;
using Howdah.Operations.ReceiveWal;
using Howdah.Postgres.Replication;
using Howdah.Repository;
using Howdah.Repository.Wal;

namespace Howdah.Operations.Tests.ReceiveWal;

public sealed class CompletenessWatchTests : IDisposable
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 25, 12, 0, 0, TimeSpan.Zero);
    private static readonly Lsn End = new(0x100020);

    private readonly TemporaryDirectory _directory = new();
    private readonly FlushFrontier _frontier = new();
    private readonly WalStore _store;
    private readonly CompletenessWatch _watch;

    public CompletenessWatchTests()
    {
        _store = BackupRepository.CreateOrOpen(_directory.File("r"), new RepositoryOptions())
            .Wal(new SystemIdentifier(7123456789012345678), new WalSegmentSize(1 << 20));
        _watch = new CompletenessWatch(_store, _frontier, TimelineId.First);
        _frontier.Reset(End);
    }

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Data_that_reaches_the_servers_end_proves_the_moment_of_its_sending()
    {
        _watch.Note(Data(serverEnd: End + 8, second: 1), End);
        Assert.Null(Stored());
        _watch.Note(Data(serverEnd: End, second: 2), End);
        Assert.Equal(new WalCompleteness(TimelineId.First, End, Noon.AddSeconds(2)), Stored());
    }

    [Fact]
    public void A_second_answer_proves_the_first_one_where_no_data_came_between()
    {
        _watch.Note(KeepAlive(1), End);
        Assert.Null(Stored());
        _watch.Note(Data(serverEnd: End + 8, second: 2), End);
        _watch.Note(KeepAlive(3), End);
        Assert.Null(Stored());
        _watch.Note(KeepAlive(4), End);
        Assert.Equal(Noon.AddSeconds(3), Stored()?.Until);
    }

    [Fact]
    public void Nothing_is_stored_of_what_is_not_on_disk_yet_or_may_end_within_a_record()
    {
        _frontier.Reset(new Lsn(End.Value - 8));
        _watch.Note(Data(serverEnd: End, second: 1), End);
        Assert.Null(Stored());
        _frontier.Reset(End);
        Assert.NotNull(Stored());

        var page = new Lsn(0x102000);
        _frontier.Reset(page);
        _watch.Note(Data(serverEnd: page, second: 2), page);
        Assert.Equal(Noon.AddSeconds(1), Stored()?.Until);
    }

    [Fact]
    public void The_next_question_waits_for_the_answer_to_the_last()
    {
        Assert.True(_watch.TryAsk());
        Assert.False(_watch.TryAsk());
        _watch.Note(KeepAlive(1), End);
        Assert.True(_watch.TryAsk());
    }

    [Fact]
    public void What_a_power_cut_left_of_it_is_no_proof_and_no_error()
    {
        _watch.Note(Data(serverEnd: End, second: 1), End);
        Assert.NotNull(Stored());
        File.WriteAllText(Path.Combine(_store.Directory, "complete-until.json"), "");
        Assert.Null(_store.ReadLedger().Complete);
    }

    private WalCompleteness? Stored()
    {
        _watch.Store();
        return _store.ReadLedger().Complete;
    }

    private static WalStreamMessage Data(Lsn serverEnd, int second) =>
        new(WalStreamMessageKind.Data, ServerWalEnd: serverEnd, ServerTime: Noon.AddSeconds(second));

    private static WalStreamMessage KeepAlive(int second) =>
        new(WalStreamMessageKind.KeepAlive, ServerWalEnd: End, ServerTime: Noon.AddSeconds(second));
}
