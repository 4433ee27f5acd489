using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Howdah.Core.Errors;
using Howdah.Postgres.ConnectionStrings;

namespace Howdah.Postgres.Wire;

/// <summary>From the StartupMessage to the first ReadyForQuery (PostgreSQL documentation 53.2.1).</summary>
internal static class SignIn
{
    private const int ProtocolVersion = 3 << 16;

    public static async Task RunAsync(
        WireConnection connection,
        SslStream? encrypted,
        ConnectionSettings settings,
        StartupParameters startup,
        CancellationToken cancellationToken)
    {
        var user = settings.User ?? Environment.UserName;
        var database = startup.IsPhysicalReplication ? PassFileKey.ReplicationDatabase : settings.Database ?? user;
        WriteStartup(connection.Writer, user, settings, startup);
        await connection.Writer.FlushAsync(cancellationToken);

        var hash = encrypted?.RemoteCertificate is X509Certificate2 certificate ? CertificateHash.Compute(certificate) : null;
        var authenticator = new Authenticator(
            settings, PassFileKey.For(connection.Target.Server, database, user), hash, encrypted is not null);
        await AuthenticateAsync(connection, authenticator, user, cancellationToken);
        connection.Reader.BodyLimit = WireReader.LongestBody;
        await ReadSessionStartAsync(connection, cancellationToken);
        if (connection.ServerVersion.Number == 0)
            throw new OperationException(ErrorCodes.ProtocolViolation, $"{connection.Target} did not report its version");
        if (!connection.ServerVersion.IsSupported)
        {
            throw new OperationException(
                ErrorCodes.ServerVersionUnsupported,
                $"{connection.Target} runs PostgreSQL {connection.ServerVersion}; 11 to 18 are supported");
        }
    }

    private static void WriteStartup(WireWriter writer, string user, ConnectionSettings settings, StartupParameters startup)
    {
        writer.Begin(0).WriteInt32(ProtocolVersion).WriteText("user").WriteText(user);
        if (startup.IsPhysicalReplication)
            writer.WriteText("replication").WriteText("true");
        else
            writer.WriteText("database").WriteText(settings.Database ?? user);
        if (settings.ApplicationName is { } name)
            writer.WriteText("application_name").WriteText(name);
        if (settings.Options is { } options)
            writer.WriteText("options").WriteText(options);
        foreach (var (setting, value) in startup.Settings)
            writer.WriteText(setting).WriteText(value);
        writer.WriteByte(0).End();
    }

    private static async Task AuthenticateAsync(
        WireConnection connection, Authenticator authenticator, string user, CancellationToken cancellationToken)
    {
        while (true)
        {
            var message = await connection.Reader.TakeAsync(cancellationToken);
            switch (message.Type)
            {
                case MessageType.Authentication:
                    if (authenticator.Handle(message, connection.Writer))
                        return;
                    await connection.Writer.FlushAsync(cancellationToken);
                    break;
                case MessageType.ErrorResponse:
                    throw ServerError.Parse(message).ToException($"signing in to {connection.Target} as \"{user}\" failed");
                case MessageType.NegotiateProtocolVersion or MessageType.NoticeResponse:
                    break;
                default:
                    throw connection.Unexpected(message, "authentication");
            }
        }
    }

    private static async Task ReadSessionStartAsync(WireConnection connection, CancellationToken cancellationToken)
    {
        while (true)
        {
            var message = await connection.ReadAsync(cancellationToken);
            switch (message.Type)
            {
                case MessageType.BackendKeyData:
                    connection.NoteBackendKey(message);
                    break;
                case MessageType.ReadyForQuery:
                    connection.NoteReady(message);
                    return;
                case MessageType.ErrorResponse:
                    throw ServerError.Parse(message).ToException($"starting a session with {connection.Target} failed");
                case MessageType.NegotiateProtocolVersion:
                    break;
                default:
                    throw connection.Unexpected(message, "the start of the session");
            }
        }
    }
}
