using Howdah.Core.Errors;
using Howdah.Postgres.ConnectionStrings;

namespace Howdah.Postgres.Wire;

/// <summary>Asks a server, by a connection of its own, to interrupt what a session does. The server never says whether it did.</summary>
/// <remarks>PostgreSQL documentation 53.2.9; protocol 3.0: process id and a four-byte key.</remarks>
internal static class CancelRequest
{
    private const int Code = 80877102;

    /// <summary>Returns when the server has passed the request on, at the latest after the settings' connect timeout.</summary>
    /// <exception cref="OperationException"><see cref="ErrorCodes.ServerUnreachable"/>, <see cref="ErrorCodes.ServerTimeout"/>,
    /// <see cref="ErrorCodes.TlsFailed"/>, <see cref="ErrorCodes.ConnectionLost"/></exception>
    public static async Task SendAsync(WireConnection connection, ConnectionSettings settings, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(settings.ConnectTimeout, connection.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            await SendNowAsync(connection, settings, either.Token);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new OperationException(
                ErrorCodes.ServerTimeout,
                $"{connection.Target} did not take a cancel request within {settings.ConnectTimeout.TotalSeconds:0.#} s",
                null,
                exception);
        }
        catch (IOException exception)
        {
            throw BrokenConnection.Describe(exception, $"{connection.Target} broke the connection of a cancel request");
        }
    }

    private static async Task SendNowAsync(WireConnection connection, ConnectionSettings settings, CancellationToken cancellationToken)
    {
        if (connection.BackendKey is not { } key)
            return;
        await using var socket = await SocketConnector.ConnectAsync(connection.Target, settings.SourceAddress, cancellationToken);
        await using var encrypted = connection.IsEncrypted
            ? await TlsClient.StartAsync(socket, connection.Target, settings, cancellationToken)
            : null;
        Stream stream = encrypted is null ? socket : encrypted;
        var writer = new WireWriter(stream);
        writer.Begin(0).WriteInt32(Code).WriteInt32(key.ProcessId).WriteBytes(key.Key).End();
        await writer.FlushAsync(cancellationToken);
        // The server closes when it has passed the signal on.
        _ = await stream.ReadAtLeastAsync(new byte[1], 1, throwOnEndOfStream: false, cancellationToken);
    }
}
