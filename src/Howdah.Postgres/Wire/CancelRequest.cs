using Howdah.Postgres.ConnectionStrings;

namespace Howdah.Postgres.Wire;

/// <summary>Asks a server, by a connection of its own, to interrupt what a session does. The server never says whether it did.</summary>
/// <remarks>PostgreSQL documentation 53.2.9; protocol 3.0: process id and a four-byte key.</remarks>
internal static class CancelRequest
{
    private const int Code = 80877102;

    public static async Task SendAsync(WireConnection connection, ConnectionSettings settings, CancellationToken cancellationToken)
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
