using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Howdah.Postgres.ConnectionStrings;

namespace Howdah.Postgres.Tests.Wire;

/// <summary>A server that says what the test wants: each accepted connection runs the script.</summary>
internal sealed class HostileServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _serving;

    public HostileServer(Func<Peer, Task> script)
    {
        _listener.Start();
        _serving = ServeAsync(script);
    }

    public ConnectionSettings Settings => ConnectionSettings.ForServer("127.0.0.1", ((IPEndPoint)_listener.LocalEndpoint).Port) with
    {
        User = "u",
        Password = new("p"),
        SslMode = SslMode.Disable,
        ConnectTimeout = TimeSpan.FromSeconds(3),
    };

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _serving;
        _listener.Stop();
        _stop.Dispose();
    }

    private async Task ServeAsync(Func<Peer, Task> script)
    {
        try
        {
            while (true)
            {
                using var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                try
                {
                    await script(new Peer(client.GetStream(), _stop.Token));
                }
                catch (Exception exception) when (exception is IOException or EndOfStreamException)
                {
                    // The client has had enough, which is what most tests are about.
                    _ = exception;
                }
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException)
        {
            _ = exception;
        }
    }
}

/// <summary>The server's end of one connection.</summary>
internal sealed class Peer(NetworkStream stream, CancellationToken stop)
{
    public static byte[] Message(char type, params byte[][] parts)
    {
        var body = parts.SelectMany(part => part).ToArray();
        return [(byte)type, .. Int32(body.Length + 4), .. body];
    }

    public static byte[] Int32(int value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }

    public static byte[] Int64(ulong value)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
        return bytes;
    }

    public static byte[] Text(string text) => [.. Encoding.UTF8.GetBytes(text), 0];

    public static byte[] Row(params string?[] values) => Message(
        'D',
        [
            [0, (byte)values.Length],
            .. values.Select(
                value => value is null ? Int32(-1) : [.. Int32(Encoding.UTF8.GetByteCount(value)), .. Encoding.UTF8.GetBytes(value)]),
        ]);

    public static byte[] Columns(int count) =>
        Message('T', [[0, (byte)count], .. Enumerable.Range(0, count).Select(_ => (byte[])[.. Text("c"), .. new byte[18]])]);

    public static byte[] Error(string state, string text, string severity = "ERROR") => Report('E', state, text, severity);

    public static byte[] Notice(string text) => Report('N', "01000", text, "WARNING");

    private static byte[] Report(char type, string state, string text, string severity) =>
        Message(
            type,
            [(byte)'S', .. Text(severity)],
            [(byte)'V', .. Text(severity)],
            [(byte)'C', .. Text(state)],
            [(byte)'M', .. Text(text)],
            [0]);

    public static byte[] Ready => Message('Z', [(byte)'I']);

    public static byte[] Complete(string tag) => Message('C', Text(tag));

    public Task SendAsync(params byte[][] messages) => stream.WriteAsync(messages.SelectMany(message => message).ToArray(), stop).AsTask();

    public async Task<byte[]> ReadStartupAsync()
    {
        var length = new byte[4];
        await stream.ReadExactlyAsync(length, stop);
        var rest = new byte[BinaryPrimitives.ReadInt32BigEndian(length) - 4];
        await stream.ReadExactlyAsync(rest, stop);
        return rest;
    }

    public async Task<(char Type, byte[] Body)> ReadMessageAsync()
    {
        var header = new byte[5];
        await stream.ReadExactlyAsync(header, stop);
        var body = new byte[BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(1)) - 4];
        await stream.ReadExactlyAsync(body, stop);
        return ((char)header[0], body);
    }

    /// <summary>A well-behaved start of a session of the given version.</summary>
    public async Task SignInAsync(string version = "13.0")
    {
        await ReadStartupAsync();
        await SendAsync(
            Message('R', Int32(0)),
            Message('S', Text("server_version"), Text(version)),
            Message('K', Int32(1), Int32(2)),
            Ready);
    }

    /// <summary>Answers one query by these messages.</summary>
    public async Task<string> AnswerAsync(params byte[][] messages)
    {
        var (_, body) = await ReadMessageAsync();
        await SendAsync(messages);
        return Encoding.UTF8.GetString(body).TrimEnd('\0');
    }

    /// <summary>Keeps the connection open and silent until the client goes.</summary>
    public async Task StaySilentAsync()
    {
        while (await stream.ReadAsync(new byte[4096], stop) > 0)
        {
        }
    }
}
