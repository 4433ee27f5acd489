using Howdah.Core.Wal;
using Howdah.Integration.Tests.Fixtures;

namespace Howdah.Integration.Tests.ReceiveWal;

/// <summary>Design law 1, as the kernel sees it: a position is reported as flushed after fdatasync has returned for all up to it.</summary>
public sealed class AcknowledgedPositionTests
{
    private static readonly WalSegmentSize Size = new(1 << 20);

    private const string Calls = "pwrite64,fdatasync,sendto";

    [Fact]
    public async Task Fdatasync_comes_before_every_acknowledgement()
    {
        await using var server = await TestServer.StartAsync(new TestServerOptions { SegmentSizeMegabytes = 1 });
        await using var directory = await TestDirectory.CreateAsync("wal");
        var seen = await TraceAsync(server, directory);
        Assert.Equal(0, seen.Failed);
        Assert.All(seen.Acknowledged, position => Assert.True(position.Reported <= position.Flushed, $"{position}"));
        // Commits that trickle in are acknowledged one by one, and the load reaches over several segments.
        Assert.InRange(seen.Acknowledged.Select(position => position.Reported).Distinct().Count(), 15, int.MaxValue);
        Assert.InRange(seen.Acknowledged[^1].Reported - seen.Acknowledged[0].Reported, 3UL << 20, ulong.MaxValue);
    }

    [Fact]
    public async Task What_fdatasync_failed_for_is_written_and_flushed_again_before_it_is_acknowledged()
    {
        await using var server = await TestServer.StartAsync(new TestServerOptions { SegmentSizeMegabytes = 1 });
        await using var directory = await TestDirectory.CreateAsync("wal");
        var seen = await TraceAsync(server, directory, "-e", "inject=fdatasync:error=EIO:when=6+5");
        Assert.InRange(seen.Failed, 2, int.MaxValue);
        Assert.All(seen.Acknowledged, position => Assert.True(position.Reported <= position.Flushed, $"{position}"));
    }

    /// <remarks>
    /// The first receiver may have ended because fdatasync failed; then the page cache shows WAL that no fdatasync of the second one's
    /// would write (fsync(2), EIO).
    /// </remarks>
    [Fact]
    public async Task What_another_process_left_is_written_again_before_it_is_acknowledged()
    {
        SystemCallTrace.Require();
        await using var server = await TestServer.StartAsync(new TestServerOptions { SegmentSizeMegabytes = 1 });
        await using var directory = await TestDirectory.CreateAsync("wal");
        await using (var first = ReceiverProcess.Start(server, directory.File("repository")))
        {
            await TestStandby.WaitForStreamingAsync(server, "barman_receive_wal");
            await server.ExecuteAsync("create table t (x int)");
            await first.WaitForCatchUpAsync(server);
            await first.KillAsync();
        }

        Lsn held;
        var trace = directory.File("trace");
        await using (var second = ReceiverProcess.Start(server, directory.File("repository"), SystemCallTrace.Command(trace, Calls)))
        {
            await TestStandby.WaitForStreamingAsync(server, "barman_receive_wal");
            held = await second.WaitForCatchUpAsync(server);
            await second.KillAsync();
        }

        var seen = await ReadAsync(trace);
        // From the beginning of the segment on, which the server sends again and the receiver would only compare.
        var needed = new LsnRange(Size.SegmentStart(held), held);
        Assert.True(LsnRanges.Subtract(needed, seen.Flushed).Count == 0, $"of {needed} only {string.Join(", ", seen.Flushed)} was flushed");
    }

    private static async Task<FlushedWal> TraceAsync(TestServer server, TestDirectory directory, params string[] options)
    {
        SystemCallTrace.Require();
        var trace = directory.File("trace");
        await using (var receiver = ReceiverProcess.Start(
            server, directory.File("repository"), SystemCallTrace.Command(trace, Calls, options)))
        {
            await TestStandby.WaitForStreamingAsync(server, "barman_receive_wal");
            await server.ExecuteAsync("create table t (x int, y text)");
            for (var i = 0; i < 15; i++)
            {
                await server.ExecuteAsync($"insert into t values ({i})");
                await receiver.WaitForCatchUpAsync(server);
            }

            await server.ExecuteAsync("insert into t select x, repeat(md5(x::text), 8) from generate_series(1, 12000) x");
            await receiver.WaitForCatchUpAsync(server);
            await receiver.KillAsync();
        }

        return await ReadAsync(trace);
    }

    private static async Task<FlushedWal> ReadAsync(string trace)
    {
        var seen = new FlushedWal(Size);
        foreach (var call in SystemCallTrace.Read(await File.ReadAllLinesAsync(trace, TestEnvironment.Stop)))
            seen.Add(call);
        return seen;
    }
}
