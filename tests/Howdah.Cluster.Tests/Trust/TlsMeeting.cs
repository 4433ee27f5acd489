using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Howdah.Cluster.Trust;

namespace Howdah.Cluster.Tests.Trust;

/// <summary>One connection over loopback: handshake, then a byte from the server that only an accepted client reads.</summary>
public sealed class TlsMeeting(PeerValidator validator, TimeProvider clock) : IDisposable
{
    /// <summary>A handshake takes milliseconds; this is for a machine that does ten other things.</summary>
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    public X509Certificate2? Server { get; set; }

    public X509Certificate2? Client { get; set; }

    public string? ExpectedServer { get; set; }

    public PeerVerdict? ServerSaw { get; private set; }

    public PeerVerdict? ClientSaw { get; private set; }

    public bool Talked { get; private set; }

    public async Task RunAsync()
    {
        using var deadline = new CancellationTokenSource(Deadline);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var serving = ServeAsync(listener, deadline.Token);
        using var client = new TcpClient();
        await client.ConnectAsync((IPEndPoint)listener.LocalEndpoint, deadline.Token);
        Talked = await CompletesAsync(() => TalkAsync(client, deadline.Token)) & await serving;
    }

    public void Dispose()
    {
        Server?.Dispose();
        Client?.Dispose();
    }

    private async Task<bool> ServeAsync(TcpListener listener, CancellationToken cancellationToken)
    {
        using var accepted = await listener.AcceptTcpClientAsync(cancellationToken);
        return await CompletesAsync(async () =>
        {
            await using var stream = new SslStream(accepted.GetStream());
            var options = new SslServerAuthenticationOptions
            {
                ServerCertificateContext = SslStreamCertificateContext.Create(Server!, null, offline: true),
                ClientCertificateRequired = true,
                CertificateChainPolicy = validator.CreateChainPolicy(clock),
                RemoteCertificateValidationCallback = (_, peer, _, _) =>
                    (ServerSaw = validator.Check(peer as X509Certificate2, null, clock)).IsAccepted,
            };
            await stream.AuthenticateAsServerAsync(options, cancellationToken);
            await stream.WriteAsync(new byte[] { 1 }, cancellationToken);
        });
    }

    private async Task TalkAsync(TcpClient client, CancellationToken cancellationToken)
    {
        await using var stream = new SslStream(client.GetStream());
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = ExpectedServer,
            ClientCertificateContext = Client is null ? null : SslStreamCertificateContext.Create(Client, null, offline: true),
            CertificateChainPolicy = validator.CreateChainPolicy(clock),
            RemoteCertificateValidationCallback = (_, peer, _, _) =>
                (ClientSaw = validator.Check(peer as X509Certificate2, ExpectedServer, clock)).IsAccepted,
        };
        await stream.AuthenticateAsClientAsync(options, cancellationToken);
        await stream.ReadExactlyAsync(new byte[1], cancellationToken);
    }

    private static async Task<bool> CompletesAsync(Func<Task> action)
    {
        try
        {
            await action();
            return true;
        }
        catch (Exception exception) when (exception is AuthenticationException or IOException)
        {
            return false;
        }
    }
}
