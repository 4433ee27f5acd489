namespace Howdah.Integration.Tests.Fixtures;

/// <summary>Where <c>eng/fetch-postgres</c> has put the server programs of a major version.</summary>
public sealed record TestInstallation(int Major, string BinDirectory)
{
    /// <summary>Debian's client: speaks to every tested server version.</summary>
    public const string Psql = "/usr/lib/postgresql/15/bin/psql";

    public string Postgres => Path.Combine(BinDirectory, "postgres");

    public string InitDb => Path.Combine(BinDirectory, "initdb");

    public string PgCtl => Path.Combine(BinDirectory, "pg_ctl");

    /// <summary>Finds the installation; where it is missing, skips the running test on a developer's machine and fails it in CI.</summary>
    public static TestInstallation Require(int major)
    {
        var directories = CandidateDirectories(major).ToList();
        var found = directories.Find(directory => File.Exists(Path.Combine(directory, "postgres")));
        if (found is not null) return new TestInstallation(major, found);

        var reason = $"PostgreSQL {major} is not in {string.Join(" or ", directories)}; run eng/fetch-postgres";
        TestEnvironment.SkipUnlessCi(reason);
        throw new InvalidOperationException(reason);
    }

    private static IEnumerable<string> CandidateDirectories(int major)
    {
        if (Environment.GetEnvironmentVariable($"HOWDAH_PG_BIN_{major}") is { Length: > 0 } given) yield return given;
        yield return $"/usr/lib/postgresql/{major}/bin";
        yield return $"/var/cache/howdah-tests/postgres/{major}/bin";
        var cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } xdg
            ? xdg
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
        yield return Path.Combine(cache, "howdah-tests", "postgres", major.ToString(), "bin");
    }
}
