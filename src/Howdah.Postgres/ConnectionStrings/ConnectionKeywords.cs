using System.Collections.Frozen;

namespace Howdah.Postgres.ConnectionStrings;

/// <summary>A keyword of libpq.</summary>
/// <param name="Name">As written in a connection string.</param>
/// <param name="Variable">Environment variable that sets it where the string does not; null where none does.</param>
/// <param name="Since">First major version whose libpq knows it; 0 where all supported ones do.</param>
internal sealed record ConnectionKeyword(string Name, string? Variable = null, int Since = 0);

/// <summary>The keywords of libpq 11-18 (src/interfaces/libpq/fe-connect.c, PQconninfoOptions, one list per major version).</summary>
internal static class ConnectionKeywords
{
    public static readonly FrozenDictionary<string, ConnectionKeyword> ByName = new ConnectionKeyword[]
    {
        new("service", "PGSERVICE"), new("user", "PGUSER"), new("password", "PGPASSWORD"), new("passfile", "PGPASSFILE"),
        new("connect_timeout", "PGCONNECT_TIMEOUT"), new("dbname", "PGDATABASE"), new("host", "PGHOST"), new("hostaddr", "PGHOSTADDR"),
        new("port", "PGPORT"), new("client_encoding", "PGCLIENTENCODING"), new("options", "PGOPTIONS"),
        new("application_name", "PGAPPNAME"), new("fallback_application_name"), new("keepalives"), new("keepalives_idle"),
        new("keepalives_interval"), new("keepalives_count"), new("tcp_user_timeout", Since: 12), new("sslmode", "PGSSLMODE"),
        new("sslcompression", "PGSSLCOMPRESSION"), new("sslcert", "PGSSLCERT"), new("sslkey", "PGSSLKEY"),
        new("sslcertmode", "PGSSLCERTMODE", 16), new("sslpassword", Since: 13), new("sslrootcert", "PGSSLROOTCERT"),
        new("sslcrl", "PGSSLCRL"), new("sslcrldir", "PGSSLCRLDIR", 14), new("sslsni", "PGSSLSNI", 14),
        new("requirepeer", "PGREQUIREPEER"), new("require_auth", "PGREQUIREAUTH", 16),
        new("ssl_min_protocol_version", "PGSSLMINPROTOCOLVERSION", 13), new("ssl_max_protocol_version", "PGSSLMAXPROTOCOLVERSION", 13),
        new("min_protocol_version", "PGMINPROTOCOLVERSION", 18), new("max_protocol_version", "PGMAXPROTOCOLVERSION", 18),
        new("gssencmode", "PGGSSENCMODE", 12), new("krbsrvname", "PGKRBSRVNAME"), new("gsslib", "PGGSSLIB"),
        new("gssdelegation", "PGGSSDELEGATION", 16), new("replication"), new("target_session_attrs", "PGTARGETSESSIONATTRS"),
        new("load_balance_hosts", "PGLOADBALANCEHOSTS", 16), new("channel_binding", "PGCHANNELBINDING", 13),
        new("sslnegotiation", "PGSSLNEGOTIATION", 17), new("sslkeylogfile", Since: 18), new("servicefile", "PGSERVICEFILE", 18),
        new("scram_client_key", Since: 18), new("scram_server_key", Since: 18), new("oauth_issuer", Since: 18),
        new("oauth_client_id", Since: 18), new("oauth_client_secret", Since: 18), new("oauth_scope", Since: 18),
    }.ToFrozenDictionary(keyword => keyword.Name, StringComparer.Ordinal);

    /// <summary>Values that no message and no writer shows.</summary>
    public static bool IsSecret(string name) =>
        name is "password" or "sslpassword" or "scram_client_key" or "scram_server_key" or "oauth_client_secret";
}
