using Howdah.Core.Errors;

namespace Howdah.Postgres.Server;

/// <summary>
/// Asks the server program what it reads out of its configuration files, without starting a server: <c>postgres -C</c> (PostgreSQL
/// 11-18, manual "postgres").
/// </summary>
public static class ConfigurationProbe
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private static readonly string[] Severities = ["LOG:", "FATAL:", "ERROR:", "postgres:"];

    /// <summary>The value that a setting would have after a start now, in its own unit.</summary>
    /// <param name="installation">Whose program is asked.</param>
    /// <param name="dataDirectory">Where files are that configuration names without a path; may be empty.</param>
    /// <param name="configFile">The file to read in place of postgresql.conf; null: that of the data directory.</param>
    /// <param name="name">The setting.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="OperationException"><see cref="ErrorCodes.SettingsFileInvalid"/>: quotes what the server says of the
    /// files.</exception>
    public static async Task<string> ReadAsync(
        PostgresInstallation installation, string dataDirectory, string? configFile, string name, CancellationToken cancellationToken)
    {
        // -C must come first, so that root may ask too.
        List<string> arguments = ["-C", name, "-D", dataDirectory];
        if (configFile is not null)
            arguments.AddRange(["-c", $"config_file={configFile}"]);
        var result = await ChildProcess.RunAsync(
            new ChildCommand(installation.Program("postgres"), arguments, Deadline) { IsNeverRoots = true }, cancellationToken);
        if (result.ExitCode == 0)
            return result.Output.Trim();
        var complaints = result.ErrorOutput.Split('\n').Select(Complaint).OfType<string>().ToList();
        throw new OperationException(
            ErrorCodes.SettingsFileInvalid,
            $"PostgreSQL {installation.Version.Major} refuses its configuration: {string.Join("; ", complaints)}",
            "correct the setting and run again");
    }

    /// <summary>The message of one line, without time, process and severity; null for a line that only sums up.</summary>
    private static string? Complaint(string line)
    {
        const StringComparison exact = StringComparison.Ordinal;
        var text = Severities
            .Select(severity => (At: line.IndexOf(severity, exact), severity.Length))
            .Where(found => found.At >= 0)
            .Select(found => line[(found.At + found.Length)..].Trim())
            .FirstOrDefault();
        return text is null
            || text.StartsWith("skipping missing configuration file", exact)
            || (text.StartsWith("configuration file", exact) && text.EndsWith("contains errors", exact))
            ? null : text;
    }
}
