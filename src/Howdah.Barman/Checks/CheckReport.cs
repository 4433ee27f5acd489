using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Howdah.Barman.Output;

namespace Howdah.Barman.Checks;

/// <summary>Renders the results of <c>check</c>.</summary>
internal static class CheckReport
{
    /// <summary>Exit code of <c>check --nagios</c> where something failed.</summary>
    public const int NagiosCritical = 2;

    public static IEnumerable<string> Lines(CheckResult result) =>
        result.Lines.Select(line => $"\t{line}").Prepend($"Server {result.Server}:");

    public static JsonObject Json(CheckResult result)
    {
        var checks = new JsonObject();
        foreach (var line in result.Lines)
            checks[BarmanFormat.Key(line.Label)] = new JsonObject { ["hint"] = line.Hint, ["status"] = line.Status };
        return new JsonObject { [result.Server] = checks };
    }

    /// <summary>The output of a Nagios plugin: a verdict with performance data, then one line for each failed check.</summary>
    public static string Nagios(IReadOnlyList<CheckResult> results)
    {
        if (results.Count == 0)
            return "BARMAN OK - No server configured\n";
        var failed = results.Where(result => !result.IsOk).ToList();
        var text = new StringBuilder(failed.Count == 0 ? Ok(results) : Critical(results.Count, failed));
        text.Append('|').AppendJoin(' ', results.Select(Performance)).Append('\n');
        foreach (var result in failed)
        {
            foreach (var line in result.Failed)
                text.Append(CultureInfo.InvariantCulture, $"{result.Server}.{line}\n");
        }

        return text.ToString();
    }

    private static string Ok(IReadOnlyList<CheckResult> results)
    {
        const string ready = "BARMAN OK - Ready to serve the Espresso backup for";
        return results.Count == 1
            ? $"{ready} {results[0].Server}"
            : $"{ready} {results.Count} servers{string.Concat(results.Select(result => $" * {result.Server}"))}";
    }

    private static string Critical(int total, List<CheckResult> failed)
    {
        var issues = string.Concat(failed.Select(
            result => $" * {result.Server} FAILED: {string.Join(", ", result.Failed.Select(line => line.Label))}"));
        return total == 1
            ? $"BARMAN CRITICAL - server {failed[0].Server} has issues{issues}"
            : $"BARMAN CRITICAL - {failed.Count} server out of {total} have issues{issues}";
    }

    private static string Performance(CheckResult result) =>
        string.Create(CultureInfo.InvariantCulture, $"{result.Server}={result.LastBackupSize}B {result.Server}_wals={result.WalSize}B");
}
