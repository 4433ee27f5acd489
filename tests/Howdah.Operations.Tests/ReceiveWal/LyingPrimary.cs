using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Text;
using System.Threading.Channels;
using Howdah.Core.Wal;
using Howdah.Postgres.ConnectionStrings;
using Howdah.Postgres.Tests.Wal;
using Howdah.Postgres.Tests.Wire;
using static Howdah.Postgres.Tests.Wire.Peer;

namespace Howdah.Operations.Tests.ReceiveWal;

/// <summary>What a primary says of itself, and what it streams, for one connection.</summary>
internal sealed record PrimarySession(Func<SentWal, Task> Stream)
{
    public SystemIdentifier System { get; init; } = WalBuilder.System;

    public int Timeline { get; init; } = 1;

    /// <summary>The history of <see cref="Timeline"/>; of timelines after the first.</summary>
    public string History { get; init; } = "1\t0/200000\tno recovery target specified\n";

    /// <summary>Closes the connection before it is of any use.</summary>
    public bool IsRefused { get; init; }

    /// <summary>Sends everything, and then nothing until the receiver goes.</summary>
    public static PrimarySession Honest { get; } = new(async wal =>
    {
        await wal.SendAsync(PrimaryWal.Read(wal.Start, PrimaryWal.End));
        await wal.ReadStatusesAsync();
    });

    /// <summary>Sends WAL up to there, and closes once that was acknowledged.</summary>
    public static PrimarySession EndingAt(Lsn end) => new(async wal =>
    {
        await wal.SendAsync(PrimaryWal.Read(wal.Start, end));
        await wal.ReadStatusesAsync(until: end);
    });

    public static PrimarySession Refused { get; } = new(_ => Task.CompletedTask) { IsRefused = true };
}

/// <summary>
/// A primary of PostgreSQL 15 that says what the test wants: each connection is the next session, the last one is repeated.
/// </summary>
internal sealed class LyingPrimary : IAsyncDisposable
{
    private readonly HostileServer _server;
    private readonly PrimarySession[] _sessions;
    private readonly ConcurrentQueue<(int Session, string Command)> _commands = new();
    private readonly ConcurrentQueue<Lsn> _acknowledged = new();
    private readonly Channel<Lsn> _arrived = Channel.CreateUnbounded<Lsn>();
    private int _connections;

    public LyingPrimary(params PrimarySession[] sessions)
    {
        _sessions = sessions;
        _server = new HostileServer(ServeAsync);
    }

    public ConnectionSettings Settings => _server.Settings;

    /// <summary>The timeline that it begins on.</summary>
    public TimelineId Timeline => new((uint)_sessions[0].Timeline);

    /// <summary>Flushed positions, in the order of their arrival.</summary>
    public IReadOnlyList<Lsn> Acknowledged => [.. _acknowledged];

    /// <summary>Called with each flushed position as it arrives.</summary>
    public Action<Lsn> OnAcknowledged { get; set; } = _ => { };

    public IEnumerable<string> CommandsOf(int session) => _commands.Where(sent => sent.Session == session).Select(sent => sent.Command);

    /// <summary>Waits until that much was acknowledged, so many times.</summary>
    public async Task WaitForAsync(Lsn flushed, int times = 1)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(ObservedReceiver.Deadline);
        while (times > 0)
        {
            if (await _arrived.Reader.ReadAsync(limit.Token) >= flushed)
                times--;
        }
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task ServeAsync(Peer peer)
    {
        var number = _connections++;
        var session = _sessions[Math.Min(number, _sessions.Length - 1)];
        if (session.IsRefused)
        {
            await peer.ReadStartupAsync();
            return;
        }

        await peer.SignInAsync("15.1");
        while (await peer.ReadMessageAsync() is ('Q', var body))
        {
            var command = Encoding.UTF8.GetString(body).TrimEnd('\0');
            _commands.Enqueue((number, command));
            if (command.Split(' ') is ["START_REPLICATION", "PHYSICAL", var start, ..])
            {
                await peer.SendAsync(Message('W', [0, 0, 0]));
                await session.Stream(new SentWal(peer, Lsn.Parse(start), NoteAcknowledged));
                return;
            }

            await peer.SendAsync([.. Answer(session, command), Ready]);
        }
    }

    private static byte[][] Answer(PrimarySession session, string command) => command switch
    {
        "SHOW idle_session_timeout" => [Columns(1), Row("0"), Complete("SHOW")],
        "SHOW wal_segment_size" => [Columns(1), Row("1MB"), Complete("SHOW")],
        "IDENTIFY_SYSTEM" =>
        [
            Columns(4), Row(session.System.ToString(), $"{session.Timeline}", PrimaryWal.End.ToString(), null), Complete("IDENTIFY_SYSTEM"),
        ],
        _ when command == $"TIMELINE_HISTORY {session.Timeline}" =>
            [Columns(2), Row($"{session.Timeline:X8}.history", session.History), Complete("TIMELINE_HISTORY")],
        _ => [Error("42601", $"not in this play: {command}")],
    };

    private void NoteAcknowledged(Lsn flushed)
    {
        OnAcknowledged(flushed);
        _acknowledged.Enqueue(flushed);
        _arrived.Writer.TryWrite(flushed);
    }
}

/// <summary>The server's side of a stream of WAL.</summary>
internal sealed class SentWal(Peer peer, Lsn start, Action<Lsn> acknowledged)
{
    /// <summary>Where the receiver wants it from.</summary>
    public Lsn Start => start;

    /// <summary>Sends WAL from the wanted start on, and tells the truth about its end.</summary>
    public async Task SendAsync(byte[] bytes)
    {
        foreach (var (at, part) in PrimaryWal.InMessages(start, bytes))
            await peer.SendAsync(Data(at, part, start + (ulong)bytes.Length));
    }

    public Task SendRawAsync(params byte[][] messages) => peer.SendAsync(messages);

    /// <summary>A message of WAL, and how far the server says to have it.</summary>
    public static byte[] Data(Lsn at, byte[] bytes, Lsn serverEnd) =>
        Message('d', [(byte)'w'], Int64(at.Value), Int64(serverEnd.Value), Int64(0), bytes);

    public static byte[] KeepAlive(Lsn serverEnd) => Message('d', [(byte)'k'], Int64(serverEnd.Value), Int64(0), [1]);

    /// <summary>The end of the timeline: the next one, and where it began.</summary>
    public static byte[][] End(int next, Lsn at) =>
        [Columns(2), Row($"{next}", at.ToString()), Complete("START_STREAMING"), Complete("START_REPLICATION"), Ready];

    /// <summary>Listens to what is reported until the receiver goes, or has flushed that far.</summary>
    public async Task ReadStatusesAsync(Lsn? until = null)
    {
        while (await ReadStatusAsync() is { } flushed && !(flushed >= until))
        {
        }
    }

    /// <summary>The next flushed position; null where the receiver ends the stream, or the session.</summary>
    public async Task<Lsn?> ReadStatusAsync()
    {
        if (await peer.ReadMessageAsync() is not ('d', [(byte)'r', .. var status]))
            return null;
        var flushed = new Lsn(BinaryPrimitives.ReadUInt64BigEndian(status.AsSpan(8)));
        acknowledged(flushed);
        return flushed;
    }
}
