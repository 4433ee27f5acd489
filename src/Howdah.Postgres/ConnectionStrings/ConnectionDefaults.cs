using System.Collections;

namespace Howdah.Postgres.ConnectionStrings;

/// <summary>What a connection string leaves open is taken from here: environment, home directory, service files, the user's name.</summary>
public sealed record ConnectionDefaults
{
    /// <summary>Debian's and PostgreSQL's packages' directory of Unix sockets; the upstream default is /tmp.</summary>
    public const string DebianSocketDirectory = "/var/run/postgresql";

    /// <summary>Nothing from outside: no environment, no files, no user.</summary>
    public static readonly ConnectionDefaults Empty = new();

    /// <summary>Environment variables, of which those named <c>PG…</c> count.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Where <c>.pgpass</c>, <c>.pg_service.conf</c> and <c>.postgresql/</c> are; null means nowhere.</summary>
    public string? HomeDirectory { get; init; }

    /// <summary>Where the system's <c>pg_service.conf</c> is (<c>pg_config --sysconfdir</c>); PGSYSCONFDIR overrides it.</summary>
    public string? SystemConfigurationDirectory { get; init; }

    /// <summary>The operating system's user, who is the default role.</summary>
    public string? UserName { get; init; }

    /// <summary>The host where the string names none.</summary>
    public string DefaultHost { get; init; } = "localhost";

    /// <summary>What libpq would see in this process.</summary>
    public static ConnectionDefaults OfThisProcess() => new()
    {
        Environment = System.Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .Where(entry => entry.Key is string name && name.StartsWith("PG", StringComparison.Ordinal))
            .ToDictionary(entry => (string)entry.Key, entry => entry.Value as string ?? "", StringComparer.Ordinal),
        HomeDirectory = NullIfEmpty(System.Environment.GetFolderPath(System.Environment.SpecialFolder.UserProfile)),
        SystemConfigurationDirectory = "/etc/postgresql-common",
        UserName = NullIfEmpty(System.Environment.UserName),
        DefaultHost = Directory.Exists(DebianSocketDirectory) ? DebianSocketDirectory : "/tmp",
    };

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;
}
