using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using Howdah.Core.Errors;
using Howdah.Postgres.Versions;

namespace Howdah.Postgres.Server;

/// <summary>Finds PostgreSQL installations on this machine.</summary>
public static partial class PostgresInstallations
{
    private static readonly TimeSpan VersionDeadline = TimeSpan.FromSeconds(10);

    /// <summary>A program is asked once for as long as its file stays the same: to ask costs more than a look at a cluster.</summary>
    private static readonly ConcurrentDictionary<ProgramFile, PostgresVersion> Versions = new();

    /// <summary>
    /// The installation of a major version. Looked at in this order: <c>HOWDAH_PG_BIN_&lt;major&gt;</c>, <paramref name="directories"/>
    /// (each a bin directory, or one that holds <c>&lt;major&gt;/bin</c>), the places of Debian and of the PGDG packages, <c>PATH</c>.
    /// </summary>
    /// <exception cref="OperationException"><see cref="ErrorCodes.InstallationNotFound"/></exception>
    public static async Task<PostgresInstallation> FindAsync(
        int major, IReadOnlyList<string> directories, CancellationToken cancellationToken)
    {
        if (await TryFindAsync(major, directories, cancellationToken) is { } found)
            return found;
        var variable = Variable(major);
        throw Chosen(major) is { } chosen
            ? new OperationException(
                ErrorCodes.InstallationNotFound,
                $"{variable} names {chosen}, which holds no PostgreSQL {major}",
                "let the variable name the directory of initdb, pg_ctl and postgres")
            : new OperationException(
                ErrorCodes.InstallationNotFound,
                $"no PostgreSQL {major} was found in {string.Join(", ", Candidates(major, directories))}",
                $"install postgresql-{major}, or let {variable} name the directory of its programs");
    }

    /// <summary>As <see cref="FindAsync"/>; null where there is none.</summary>
    public static async Task<PostgresInstallation?> TryFindAsync(
        int major, IReadOnlyList<string> directories, CancellationToken cancellationToken)
    {
        foreach (var directory in Chosen(major) is { } chosen ? [chosen] : Candidates(major, directories))
        {
            if (await TryReadAsync(directory, cancellationToken) is { } installation && installation.Version.Major == major)
                return installation;
        }

        return null;
    }

    /// <summary>Reads the version of the programs in a directory; null where there are none that run.</summary>
    public static async Task<PostgresInstallation?> TryReadAsync(string binDirectory, CancellationToken cancellationToken)
    {
        var postgres = new FileInfo(Path.Combine(binDirectory, "postgres"));
        if (!postgres.Exists
            || !File.Exists(Path.Combine(binDirectory, "initdb"))
            || !File.Exists(Path.Combine(binDirectory, "pg_ctl")))
            return null;
        var file = new ProgramFile(postgres.FullName, postgres.LastWriteTimeUtc, postgres.Length);
        if (Versions.TryGetValue(file, out var known))
            return new PostgresInstallation(binDirectory, known);
        var result = await ChildProcess.RunAsync(
            new ChildCommand(file.Location, ["--version"], VersionDeadline) { IsNeverRoots = true }, cancellationToken);
        if (result.ExitCode != 0 || !TryParseVersion(result.Output, out var version))
            return null;
        Versions[file] = version;
        return new PostgresInstallation(binDirectory, version);
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

    private static string Variable(int major) => $"HOWDAH_PG_BIN_{major}";

    /// <summary>Null where the variable is not set.</summary>
    private static string? Chosen(int major) =>
        Environment.GetEnvironmentVariable(Variable(major)) is { Length: > 0 } chosen ? chosen : null;

    private static IReadOnlyList<string> Candidates(int major, IReadOnlyList<string> directories)
    {
        var path = Environment.GetEnvironmentVariable("PATH") ?? string.Empty;
        IEnumerable<string> candidates =
        [
            .. directories.SelectMany(directory => new[] { directory, Path.Combine(directory, $"{major}", "bin") }),
            $"/usr/lib/postgresql/{major}/bin",
            $"/usr/pgsql-{major}/bin",
            .. path.Split(':', StringSplitOptions.RemoveEmptyEntries),
        ];
        return [.. candidates.Distinct(StringComparer.Ordinal)];
    }

    [
        GeneratedRegex(
            @"\(PostgreSQL\) (?<major>[0-9]{1,4})(\.(?<minor>[0-9]{1,4}))?",
            RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
            matchTimeoutMilliseconds: 1000)
    ]
    private static partial Regex VersionPattern();

    private sealed record ProgramFile(string Location, DateTime Written, long Length);
}
