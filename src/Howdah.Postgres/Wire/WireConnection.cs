using System.Net.Security;
using System.Net.Sockets;
using Howdah.Core.Errors;
using Howdah.Postgres.Versions;

namespace Howdah.Postgres.Wire;

/// <summary>A signed-in session of protocol 3.0, without meaning: messages, parameters, simple queries. Used by one caller at a
/// time.</summary>
internal sealed class WireConnection : IAsyncDisposable
{
    /// <summary>A command that only looks something up is answered in milliseconds; beyond this the server hangs.</summary>
    public static readonly TimeSpan CommandTimeout = TimeSpan.FromSeconds(60);

    // Later warnings of one command are counted, not kept.
    private const int MostNotices = 200;

    // Characters of name and value. Those that anybody here looks at have less than 100.
    private const int LongestParameter = 4096;

    private readonly SocketStream _socket;
    private readonly Stream _stream;
    private readonly Dictionary<string, string> _parameters = new(StringComparer.Ordinal);
    private readonly List<ServerError> _notices = [];

    public WireConnection(SocketStream socket, Stream stream, Target target, TimeProvider time)
    {
        _socket = socket;
        _stream = stream;
        Target = target;
        Time = time;
        Reader = new WireReader(stream, socket, time);
        Writer = new WireWriter(stream);
    }

    public Target Target { get; }

    public TimeProvider Time { get; }

    public WireReader Reader { get; }

    public WireWriter Writer { get; }

    public bool IsEncrypted => _stream is SslStream;

    /// <summary>What the server reported about itself; changes at any moment.</summary>
    public IReadOnlyDictionary<string, string> Parameters => _parameters;

    public PostgresVersion ServerVersion { get; private set; }

    /// <summary>For a CancelRequest.</summary>
    public (int ProcessId, byte[] Key)? BackendKey { get; private set; }

    /// <summary>True between ReadyForQuery and the next command.</summary>
    public bool IsReady { get; private set; }

    /// <summary>Warnings and notices since the last command began, the first 200 of them.</summary>
    public IReadOnlyList<ServerError> Notices => _notices;

    public long NoticesDropped { get; private set; }

    /// <summary>The next message that is not a notice, notification or parameter change; an ErrorResponse is returned like
    /// others.</summary>
    public async ValueTask<ServerMessage> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var message = await Reader.TakeAsync(cancellationToken);
            if (!Absorb(message))
                return message;
        }
    }

    /// <summary>Takes in what the server may say at any moment; false for everything else.</summary>
    public bool Absorb(ServerMessage message)
    {
        switch (message.Type)
        {
            case MessageType.NoticeResponse:
                if (_notices.Count < MostNotices)
                    _notices.Add(ServerError.Parse(message));
                else
                    NoticesDropped++;
                return true;
            case MessageType.ParameterStatus:
                var reader = new BodyReader(message);
                NoteParameter(reader.ReadText(), reader.ReadText());
                return true;
            case MessageType.NotificationResponse:
                return true;
            default:
                return false;
        }
    }

    public async Task SendQueryAsync(string command, CancellationToken cancellationToken)
    {
        if (!IsReady)
            throw new OperationException(
                ErrorCodes.ConnectionLost, $"the session with {Target} is in the middle of another command, or broken");
        IsReady = false;
        _notices.Clear();
        NoticesDropped = 0;
        Writer.Begin(MessageType.Query).WriteText(command).End();
        await Writer.FlushAsync(cancellationToken);
    }

    public void NoteReady(ServerMessage message)
    {
        Invariant.Check(message.Type == MessageType.ReadyForQuery);
        IsReady = true;
    }

    public void NoteBackendKey(ServerMessage message)
    {
        var reader = new BodyReader(message);
        BackendKey = (reader.ReadInt32(), reader.ReadRest().ToArray());
    }

    public OperationException Unexpected(ServerMessage message, string during) => new(
        ErrorCodes.ProtocolViolation,
        $"{Target} sent message {MessageType.Show(message.Type)} of {message.Body.Length} bytes during {during}");

    public bool WaitForInput(TimeSpan longest) => _socket.WaitForInput(longest);

    /// <summary>Makes a waiting synchronous read return the end of the stream, from any thread.</summary>
    public void StopReading() => _socket.StopReading();

    /// <summary>Breaks the connection without a word, as a crash would.</summary>
    public void Abort() => _socket.Dispose();

    public async ValueTask DisposeAsync()
    {
        if (IsReady)
            await SayGoodbyeAsync();
        await _stream.DisposeAsync();
        await _socket.DisposeAsync();
        Reader.Dispose();
    }

    private async Task SayGoodbyeAsync()
    {
        try
        {
            using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(1), Time);
            Writer.Begin(MessageType.Terminate).End();
            await Writer.FlushAsync(deadline.Token);
        }
        catch (Exception exception) when (
            exception is OperationException or OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // A courtesy: without it the server logs "unexpected EOF".
            _ = exception;
        }
    }

    private void NoteParameter(string name, string value)
    {
        // A server reports about fifteen short ones; a liar must not fill our memory.
        if (name.Length + value.Length > LongestParameter || (_parameters.Count >= 256 && !_parameters.ContainsKey(name)))
            return;
        _parameters[name] = value;
        if (name == "server_version")
            ServerVersion = ServerVersionText.Parse(value);
    }
}
