using System.Net;
using Howdah.Core.Units;
using Howdah.Postgres.Versions;

namespace Howdah.Postgres.ConnectionStrings;

/// <summary>
/// Where a server is and how to sign in: what a libpq connection string says after services, environment and defaults
/// were taken into account. Immutable; adapt it by <c>with</c>.
/// </summary>
public sealed record ConnectionSettings
{
    /// <summary>libpq has no limit by default; an unanswered SYN would then hold us for minutes.</summary>
    public static readonly TimeSpan DefaultConnectTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Tried in this order, and each of its resolved addresses; at least one.</summary>
    public required IReadOnlyList<ServerAddress> Servers { get; init; }

    /// <summary>The role; null means the operating system's user name.</summary>
    public string? User { get; init; }

    /// <summary>Null means the user's name. A physical replication connection has none.</summary>
    public string? Database { get; init; }

    public Secret? Password { get; init; }

    /// <summary>Where the password is looked up when <see cref="Password"/> is null.</summary>
    public string? PassFile { get; init; }

    public SslMode SslMode { get; init; } = SslMode.Prefer;

    /// <summary>File of trusted roots (PEM), or <c>system</c>.</summary>
    public string? SslRootCert { get; init; }

    /// <summary>Client certificate (PEM).</summary>
    public string? SslCert { get; init; }

    /// <summary>Key of <see cref="SslCert"/> (PEM); must not be readable by others.</summary>
    public string? SslKey { get; init; }

    public SslNegotiation SslNegotiation { get; init; } = SslNegotiation.Postgres;

    public ChannelBinding ChannelBinding { get; init; } = ChannelBinding.Prefer;

    /// <summary>
    /// Goes on only with a server that proves to know the password, which is never told in a form that somebody else could use: libpq's
    /// <c>require_auth=scram-sha-256</c>. No writer prints it.
    /// </summary>
    public bool RequiresScram { get; init; }

    /// <summary>Shown in pg_stat_replication and matched against <c>synchronous_standby_names</c>.</summary>
    public string? ApplicationName { get; init; }

    /// <summary>Command-line options for the session, such as <c>-c geqo=off</c>.</summary>
    public string? Options { get; init; }

    /// <summary>Per address, for connecting and signing in. <see cref="Timeout.InfiniteTimeSpan"/> waits for ever.</summary>
    public TimeSpan ConnectTimeout { get; init; } = DefaultConnectTimeout;

    public TargetSessionAttributes TargetSessionAttributes { get; init; }

    /// <summary>Binds the client's side to this local address. Ours: libpq has no such keyword, and no writer prints it.</summary>
    public IPAddress? SourceAddress { get; init; }

    /// <summary>libpq keywords that have no property here, such as <c>keepalives_idle</c>; kept for the writers.</summary>
    public IReadOnlyDictionary<string, string> OtherKeywords { get; init; } = EmptyKeywords;

    /// <summary>Settings for one TCP address or socket directory.</summary>
    public static ConnectionSettings ForServer(string host, int port = ServerAddress.DefaultPort) =>
        new() { Servers = [new ServerAddress(host, port)] };

    /// <summary>
    /// The keyword=value form that libpq of <paramref name="reader"/>'s major version can read: newer keywords are left out,
    /// and never is a password written (use <see cref="PassFile"/>).
    /// </summary>
    public string ToConninfo(PostgresVersion reader) => ConninfoWriter.Write(this, reader);

    /// <summary>The URI form, without a password.</summary>
    public string ToUri(PostgresVersion reader) => ConnectionUriWriter.Write(this, reader);

    private static readonly IReadOnlyDictionary<string, string> EmptyKeywords = new Dictionary<string, string>(StringComparer.Ordinal);
}
