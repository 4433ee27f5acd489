using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Howdah.Core.Errors;
using Howdah.Postgres.ConnectionStrings;

namespace Howdah.Postgres.Wire;

/// <summary>Agrees on TLS with a server and verifies it as <c>sslmode</c> demands.</summary>
/// <remarks>PostgreSQL 11-18, documentation 34.19 and 53.2.12 (SSL Session Encryption); direct TLS and its ALPN from 17.</remarks>
internal static class TlsClient
{
    private const int SslRequestCode = 80877103;
    private const string DirectHint = "direct TLS needs a server of 17 or later";

    private static readonly SslApplicationProtocol Alpn = new("postgresql");

    /// <summary>The encrypted stream; null where the server has no TLS.</summary>
    public static async Task<SslStream?> StartAsync(
        SocketStream socket, Target target, ConnectionSettings settings, CancellationToken cancellationToken)
    {
        if (settings.SslNegotiation != SslNegotiation.Direct && !await AskAsync(socket, target, cancellationToken))
            return null;
        var verifier = new ServerVerifier(target.Server, settings);
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = target.Server.Host,
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            RemoteCertificateValidationCallback = verifier.Accept,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            ApplicationProtocols = [Alpn],
            ClientCertificateContext = LoadClientCertificate(settings),
        };
        var stream = new SslStream(socket);
        try
        {
            await stream.AuthenticateAsClientAsync(options, cancellationToken);
        }
        catch (IOException exception) when (verifier.Refusal is null && settings.SslMode >= SslMode.Require)
        {
            // A server that will not have our TLS says so; one that goes away in the middle is restarting. With prefer, libpq goes on
            // without TLS in both cases.
            await stream.DisposeAsync();
            var hint = settings.SslNegotiation == SslNegotiation.Direct ? DirectHint : null;
            throw BrokenConnection.Describe(exception, $"{target} broke the connection while TLS was agreed on", hint);
        }
        catch (Exception exception) when (exception is AuthenticationException or IOException or CryptographicException)
        {
            await stream.DisposeAsync();
            var reason = verifier.Refusal ?? exception.InnerException?.Message ?? exception.Message;
            throw new OperationException(ErrorCodes.TlsFailed, $"TLS with {target} failed: {reason}", verifier.Hint, exception);
        }

        if (settings.SslNegotiation == SslNegotiation.Direct && stream.NegotiatedApplicationProtocol != Alpn)
        {
            await stream.DisposeAsync();
            throw new OperationException(
                ErrorCodes.TlsFailed,
                $"{target} did not agree on the protocol \"postgresql\" (ALPN)",
                DirectHint);
        }

        return stream;
    }

    // Exactly one byte is read before TLS starts, so nothing that came in clear can be taken for encrypted data (CVE-2021-23222).
    private static async Task<bool> AskAsync(SocketStream socket, Target target, CancellationToken cancellationToken)
    {
        var writer = new WireWriter(socket);
        writer.Begin(0).WriteInt32(SslRequestCode).End();
        await writer.FlushAsync(cancellationToken);
        var answer = new byte[1];
        int count;
        try
        {
            count = await socket.ReadAsync(answer.AsMemory(), cancellationToken);
        }
        catch (IOException exception)
        {
            throw BrokenConnection.Describe(exception, $"{target} broke the connection when asked for TLS");
        }

        return (count, answer[0]) switch
        {
            (1, (byte)'S') => true,
            (1, (byte)'N') => false,
            (1, (byte)'E') =>
                throw new OperationException(
                    ErrorCodes.ServerUnreachable,
                    $"{target} answered the request for TLS with an error",
                    "the server may be out of resources; see its log"),
            (1, _) =>
                throw new OperationException(
                    ErrorCodes.ProtocolViolation,
                    $"{target} answered the request for TLS with byte 0x{answer[0]:X2}",
                    "is this a PostgreSQL server?"),
            _ => throw new OperationException(ErrorCodes.ConnectionLost, $"{target} closed the connection when asked for TLS"),
        };
    }

    private static SslStreamCertificateContext? LoadClientCertificate(ConnectionSettings settings)
    {
        if (settings.SslCert is not { } certFile || settings.SslKey is not { } keyFile || !File.Exists(certFile))
            return null;
        try
        {
            var mode = new FileInfo(keyFile).UnixFileMode;
            if ((mode & (UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.GroupWrite)) != UnixFileMode.None)
                throw new OperationException(ErrorCodes.TlsFailed, $"private key {keyFile} is accessible to others", "chmod 0600 it");
            var chain = new X509Certificate2Collection();
            chain.ImportFromPemFile(certFile);
            return SslStreamCertificateContext.Create(X509Certificate2.CreateFromPemFile(certFile, keyFile), chain, offline: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new OperationException(
                ErrorCodes.TlsFailed,
                $"client certificate {certFile} with key {keyFile} cannot be used: {exception.Message}",
                null,
                exception);
        }
    }
}
