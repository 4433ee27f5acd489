using System.Text.RegularExpressions;
using Howdah.Core.Errors;
using Howdah.Postgres.Versions;

namespace Howdah.Postgres.Server;

/// <summary>Finds PostgreSQL installations on this machine.</summary>
public static partial class PostgresInstallations
{
    private static readonly TimeSpan VersionDeadline = TimeSpan.FromSeconds(10);

    /// <summary>
    /// The installation of a major version. Looked at in this order: <c>HOWDAH_PG_BIN_&lt;major&gt;</c>, <paramref name="directories"/>
    /// (each a bin directory, or one that holds <c>&lt;major&gt;/bin</c>), the places of Debian and of the PGDG packages, <c>PATH</c>.
    /// </summary>
    /// <exception cref="OperationException"><see cref="ErrorCodes.InstallationNotFound"/></exception>
    public static async Task<PostgresInstallation> FindAsync(
        int major, IReadOnlyList<string> directories, CancellationToken cancellationToken)
    {
        var variable = $"HOWDAH_PG_BIN_{major}";
        var chosen = Environment.GetEnvironmentVariable(variable);
        if (!string.IsNullOrEmpty(chosen))
        {
            return await TryReadAsync(chosen, cancellationToken) is { } installation && installation.Version.Major == major
                ? installation
                : throw new OperationException(
                    ErrorCodes.InstallationNotFound,
                    $"{variable} names {chosen}, which holds no PostgreSQL {major}",
                    "let the variable name the directory of initdb, pg_ctl and postgres");
        }

        var candidates = Candidates(major, directories).Distinct(StringComparer.Ordinal).ToList();
        foreach (var directory in candidates)
        {
            if (await TryReadAsync(directory, cancellationToken) is { } installation && installation.Version.Major == major)
                return installation;
        }

        throw new OperationException(
            ErrorCodes.InstallationNotFound,
            $"no PostgreSQL {major} was found in {string.Join(", ", candidates)}",
            $"install postgresql-{major}, or let {variable} name the directory of its programs");
    }

    /// <summary>Reads the version of the programs in a directory; null where there are none that run.</summary>
    public static async Task<PostgresInstallation?> TryReadAsync(string binDirectory, CancellationToken cancellationToken)
    {
        var postgres = Path.Combine(binDirectory, "postgres");
        if (!File.Exists(postgres)
            || !File.Exists(Path.Combine(binDirectory, "initdb"))
            || !File.Exists(Path.Combine(binDirectory, "pg_ctl")))
            return null;
        var result = await ChildProcess.RunAsync(
            new ChildCommand(postgres, ["--version"], VersionDeadline) { IsNeverRoots = true }, cancellationToken);
        return result.ExitCode == 0
            && TryParseVersion(result.Output, out var version) ? new PostgresInstallation(binDirectory, version) : null;
    }

    /// <summary>Reads <c>postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)</c>, also <c>18beta1</c> and <c>19devel</c>.</summary>
    internal static bool TryParseVersion(string text, out PostgresVersion version)
    {
        var match = VersionPattern().Match(text);
        version = default;
        if (!match.Success || !int.TryParse(match.Groups["major"].ValueSpan, out var major) || major is < 1 or > 999)
            return false;
        _ = int.TryParse(match.Groups["minor"].ValueSpan, out var minor);
        version = new PostgresVersion((major * 10000) + Math.Clamp(minor, 0, 9999));
        return true;
    }

    private static IEnumerable<string> Candidates(int major, IReadOnlyList<string> directories)
    {
        foreach (var directory in directories)
        {
            yield return directory;
            yield return Path.Combine(directory, $"{major}", "bin");
        }

        yield return $"/usr/lib/postgresql/{major}/bin";
        yield return $"/usr/pgsql-{major}/bin";
        foreach (
            var directory in (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(':', StringSplitOptions.RemoveEmptyEntries))
            yield return directory;
    }

    [
        GeneratedRegex(
            @"\(PostgreSQL\) (?<major>[0-9]{1,4})(\.(?<minor>[0-9]{1,4}))?",
            RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
            matchTimeoutMilliseconds: 1000)
    ]
    private static partial Regex VersionPattern();
}
