using System.Net;
using System.Net.Sockets;
using Howdah.Core.Errors;
using Howdah.Postgres.ConnectionStrings;

namespace Howdah.Postgres.Wire;

/// <summary>Where one attempt goes: a server of the settings and one of its resolved addresses.</summary>
internal sealed record Target(ServerAddress Server, EndPoint EndPoint)
{
    public override string ToString() =>
        EndPoint is IPEndPoint ip && ip.Address.ToString() != Server.Host ? $"{Server} ({ip.Address})" : Server.ToString();
}

/// <summary>Resolves servers and connects sockets.</summary>
internal static class SocketConnector
{
    // Seconds of silence, then probes: a peer that vanished without a word is noticed within two minutes even on an idle link.
    private const int KeepAliveIdleSeconds = 60;
    private const int KeepAliveIntervalSeconds = 10;
    private const int KeepAliveProbes = 6;

    /// <summary>One target a resolved address, in the resolver's order.</summary>
    public static async Task<IReadOnlyList<Target>> ResolveAsync(ServerAddress server, CancellationToken cancellationToken)
    {
        if (server.IsUnixSocket)
            return [new Target(server, new UnixDomainSocketEndPoint(SocketName(server)))];
        if (server.HostAddress is { } given)
            return [new Target(server, new IPEndPoint(given, server.Port))];
        if (IPAddress.TryParse(server.Host, out var literal))
            return [new Target(server, new IPEndPoint(literal, server.Port))];
        try
        {
            var addresses = await Dns.GetHostAddressesAsync(server.Host, cancellationToken);
            return [.. addresses.Select(address => new Target(server, new IPEndPoint(address, server.Port)))];
        }
        catch (Exception exception) when (exception is SocketException or ArgumentException)
        {
            throw new OperationException(
                ErrorCodes.ServerUnreachable, $"host name \"{server.Host}\" could not be resolved: {exception.Message}", null, exception);
        }
    }

    public static async Task<SocketStream> ConnectAsync(Target target, IPAddress? sourceAddress, CancellationToken cancellationToken)
    {
        var isTcp = target.EndPoint is IPEndPoint;
        var socket = new Socket(target.EndPoint.AddressFamily, SocketType.Stream, isTcp ? ProtocolType.Tcp : ProtocolType.Unspecified);
        try
        {
            if (isTcp)
                Configure(socket, sourceAddress);
            await ConnectAsync(socket, target.EndPoint, cancellationToken);
            return new SocketStream(socket);
        }
        catch (Exception exception)
            when (exception is SocketException or ObjectDisposedException && cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException("connecting was cancelled", exception, cancellationToken);
        }
        catch (SocketException exception)
        {
            socket.Dispose();
            throw new OperationException(
                ErrorCodes.ServerUnreachable, $"connection to {target} failed: {exception.Message}", null, exception);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    // Blocking, on a thread of its own: see SocketStream.WaitAsync.
    private static async Task ConnectAsync(Socket socket, EndPoint endPoint, CancellationToken cancellationToken)
    {
        await using var cancelling = cancellationToken.UnsafeRegister(static socket => ((Socket)socket!).Dispose(), socket);
        await Task.Factory.StartNew(
            () => socket.Connect(endPoint), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    private static void Configure(Socket socket, IPAddress? sourceAddress)
    {
        socket.NoDelay = true;
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, KeepAliveIdleSeconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, KeepAliveIntervalSeconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, KeepAliveProbes);
        if (sourceAddress is not null && sourceAddress.AddressFamily == socket.AddressFamily)
            socket.Bind(new IPEndPoint(sourceAddress, 0));
    }

    // An abstract socket's name starts with a zero byte.
    private static string SocketName(ServerAddress server) =>
        server.Host.StartsWith('@') ? $"\0{server.SocketPath[1..]}" : server.SocketPath;
}
