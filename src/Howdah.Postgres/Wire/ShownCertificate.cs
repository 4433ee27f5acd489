using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Howdah.Core.Errors;
using Howdah.Postgres.ConnectionStrings;

namespace Howdah.Postgres.Wire;

/// <summary>The certificate that a server shows to whoever connects.</summary>
public static class ShownCertificate
{
    /// <summary>Agrees on TLS with the server, whatever its certificate is, and goes away again without signing in.</summary>
    /// <param name="server">A name stands for its first address.</param>
    /// <param name="deadline">For all of it.</param>
    /// <param name="time">Measures the deadline.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Without a private key; null where the server has no TLS.</returns>
    /// <exception cref="OperationException"><see cref="ErrorCodes.ServerUnreachable"/>, <see cref="ErrorCodes.ServerTimeout"/>,
    /// <see cref="ErrorCodes.TlsFailed"/>, <see cref="ErrorCodes.ConnectionLost"/></exception>
    public static async Task<X509Certificate2?> ReadAsync(
        ServerAddress server, TimeSpan deadline, TimeProvider time, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(deadline, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            return await ReadAsync(server, either.Token);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new OperationException(
                ErrorCodes.ServerTimeout, $"{server} did not show its certificate within {deadline.TotalSeconds:0.#} s", null, exception);
        }
        catch (SocketException exception)
        {
            throw new OperationException(
                ErrorCodes.ServerUnreachable, $"connection to {server} failed: {exception.Message}", null, exception);
        }
    }

    private static async Task<X509Certificate2?> ReadAsync(ServerAddress server, CancellationToken cancellationToken)
    {
        var targets = await SocketConnector.ResolveAsync(server, cancellationToken);
        var settings = new ConnectionSettings { Servers = [server], SslMode = SslMode.Require };
        await using var socket = await SocketConnector.ConnectAsync(targets[0], sourceAddress: null, cancellationToken);
        await using var encrypted = await TlsClient.StartAsync(socket, targets[0], settings, cancellationToken);
        if (encrypted?.RemoteCertificate is not { } shown)
            return null;
        var certificate = new X509Certificate2(shown);
        await LeaveAsync(encrypted, cancellationToken);
        return certificate;
    }

    /// <summary>In good order, and all that it sent is read: a reset would be a line in the server's log.</summary>
    private static async Task LeaveAsync(SslStream stream, CancellationToken cancellationToken)
    {
        var buffer = new byte[1024];
        try
        {
            await stream.ShutdownAsync();
            while (await stream.ReadAsync(buffer, cancellationToken) > 0)
            {
                // Of no use to us.
            }
        }
        catch (IOException)
        {
            // It was faster; what we wanted we have.
        }
    }
}
