using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Howdah.Integration.Tests.Fixtures;
using Howdah.Postgres.ConnectionStrings;

namespace Howdah.Integration.Tests.Replication;

/// <summary>Somebody in between, who tells clients that the server has no TLS, so that he can read along. Else he passes everything
/// on.</summary>
internal sealed class DowngradingProxy : IAsyncDisposable
{
    private const int SslRequestCode = 80877103;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = CancellationTokenSource.CreateLinkedTokenSource(TestEnvironment.Stop);
    private readonly IPEndPoint _server;
    private readonly Task _serving;

    public DowngradingProxy(TestServer server)
    {
        _server = new IPEndPoint(IPAddress.Parse(server.Address), server.Port);
        _listener.Start();
        _serving = ServeAsync();
    }

    public ServerAddress Address => new("127.0.0.1", ((IPEndPoint)_listener.LocalEndpoint).Port);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _serving;
        _listener.Stop();
        _stop.Dispose();
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                using var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                await PassOnAsync(client.GetStream());
            }
        }
        catch (OperationCanceledException)
        {
            // The end of the test.
        }
    }

    private async Task PassOnAsync(NetworkStream client)
    {
        using var server = new TcpClient();
        await server.ConnectAsync(_server, _stop.Token);
        var first = new byte[8];
        try
        {
            await client.ReadExactlyAsync(first, _stop.Token);
            if (BinaryPrimitives.ReadInt32BigEndian(first.AsSpan(4)) == SslRequestCode)
                await client.WriteAsync("N"u8.ToArray(), _stop.Token);
            else
                await server.GetStream().WriteAsync(first, _stop.Token);
            var there = client.CopyToAsync(server.GetStream(), _stop.Token);
            var back = server.GetStream().CopyToAsync(client, _stop.Token);
            await Task.WhenAny(there, back);
            server.Close();
            client.Close();
            await Task.WhenAll(there, back);
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            // One of them has gone, which is what most of these tests are about.
            _ = exception;
        }
    }
}
