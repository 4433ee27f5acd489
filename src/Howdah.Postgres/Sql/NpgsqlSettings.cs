using Howdah.Postgres.ConnectionStrings;
using Npgsql;

namespace Howdah.Postgres.Sql;

/// <summary>libpq's settings in Npgsql's words. The two quote differently, so values go through the builder, never through text.</summary>
internal static class NpgsqlSettings
{
    public static NpgsqlConnectionStringBuilder Of(ConnectionSettings settings, int mostConnections)
    {
        var user = settings.User ?? Environment.UserName;
        var database = settings.Database ?? user;
        var builder = new NpgsqlConnectionStringBuilder
        {
            Host = string.Join(',', settings.Servers.Select(HostOf)),
            Username = user,
            Database = database,
            Password = (settings.Password ?? FromPassFile(settings, database, user))?.Reveal(),
            ApplicationName = settings.ApplicationName ?? "howdah",
            Options = settings.Options,
            SslMode = Map(settings.SslMode),
            ChannelBinding = Map(settings.ChannelBinding),
            RootCertificate = settings.SslRootCert is "system" ? null : settings.SslRootCert,
            SslCertificate = settings.SslCert,
            SslKey = settings.SslKey,
            // Npgsql counts whole seconds and takes 0 as no limit.
            Timeout = settings.ConnectTimeout == Timeout.InfiniteTimeSpan
                ? 0
                : Math.Clamp((int)Math.Ceiling(settings.ConnectTimeout.TotalSeconds), 1, 1024),
            CommandTimeout = 30,
            MaxPoolSize = mostConnections,
            // A session of ours must not keep a server from a smart shutdown for long.
            ConnectionIdleLifetime = 5,
            ConnectionPruningInterval = 2,
        };
        if (settings.RequiresScram)
            builder.RequireAuth = "ScramSHA256";
        if (settings.Servers is [var only])
        {
            // Ports inside Host are understood for names and addresses, not for socket directories.
            builder.Host = only.HostAddress?.ToString() ?? only.Host;
            builder.Port = only.Port;
        }
        else
        {
            builder.TargetSessionAttributes = Map(settings.TargetSessionAttributes);
        }

        return builder;
    }

    private static string HostOf(ServerAddress server)
    {
        var host = server.HostAddress?.ToString() ?? server.Host;
        return host.Contains(':', StringComparison.Ordinal) ? $"[{host}]:{server.Port}" : $"{host}:{server.Port}";
    }

    private static Core.Units.Secret? FromPassFile(ConnectionSettings settings, string database, string user) =>
        settings.PassFile is null
            ? null
            : settings.Servers.Select(
                server =>
                    PassFile.Find(settings.PassFile, PassFileKey.For(server, database, user)).Password).FirstOrDefault(found =>
                        found is not null);

    private static Npgsql.SslMode Map(ConnectionStrings.SslMode mode) => mode switch
    {
        ConnectionStrings.SslMode.Disable => Npgsql.SslMode.Disable,
        ConnectionStrings.SslMode.Allow => Npgsql.SslMode.Allow,
        ConnectionStrings.SslMode.Require => Npgsql.SslMode.Require,
        ConnectionStrings.SslMode.VerifyCa => Npgsql.SslMode.VerifyCA,
        ConnectionStrings.SslMode.VerifyFull => Npgsql.SslMode.VerifyFull,
        _ => Npgsql.SslMode.Prefer,
    };

    private static Npgsql.ChannelBinding Map(ConnectionStrings.ChannelBinding binding) => binding switch
    {
        ConnectionStrings.ChannelBinding.Disable => Npgsql.ChannelBinding.Disable,
        ConnectionStrings.ChannelBinding.Require => Npgsql.ChannelBinding.Require,
        _ => Npgsql.ChannelBinding.Prefer,
    };

    private static string Map(ConnectionStrings.TargetSessionAttributes attributes) => attributes switch
    {
        ConnectionStrings.TargetSessionAttributes.ReadWrite => "read-write",
        ConnectionStrings.TargetSessionAttributes.ReadOnly => "read-only",
        ConnectionStrings.TargetSessionAttributes.Primary => "primary",
        ConnectionStrings.TargetSessionAttributes.Standby => "standby",
        ConnectionStrings.TargetSessionAttributes.PreferStandby => "prefer-standby",
        _ => "any",
    };
}
