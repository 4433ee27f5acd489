using System.Globalization;
using System.Text.Json.Nodes;
using Howdah.Barman.Facts;
using Howdah.Barman.Output;

namespace Howdah.Barman.Reports;

/// <summary>Renders <c>status</c>.</summary>
internal static class StatusReport
{
    public static IEnumerable<string> Lines(ServerFacts facts) =>
        Rows(facts).Select(row => $"\t{row.Description}: {row.Message}").Prepend($"Server {facts.Name}:");

    public static JsonObject Json(ServerFacts facts)
    {
        var rows = new JsonObject();
        foreach (var row in Rows(facts))
            rows[row.Key] = new JsonObject { ["description"] = row.Description, ["message"] = row.Message };
        return new JsonObject { [facts.Name] = rows };
    }

    private static IEnumerable<Row> Rows(ServerFacts facts)
    {
        yield return new("description", "Description", facts.Policy.Description);
        yield return new("active", "Active", BarmanFormat.Truth(true));
        yield return new("disabled", "Disabled", BarmanFormat.Truth(false));
        yield return new("active_model", "Active configuration model", "None");
        foreach (var row in PostgresRows(facts.Postgres.Value))
            yield return row;
        yield return new("passive_node", "Passive node", BarmanFormat.Truth(false));
        yield return new("retention_policies", "Retention policies", facts.Policy.RetentionPolicy is { } policy
            ? $"enforced (mode: auto, retention: {policy}, WAL retention: MAIN)"
            : "not enforced");
        foreach (var row in CatalogueRows(facts))
            yield return row;
    }

    private static IEnumerable<Row> PostgresRows(PostgresFacts? postgres)
    {
        if (postgres is null)
        {
            yield return new("pg_version", "PostgreSQL version", "FAILED trying to get PostgreSQL version");
            yield break;
        }

        yield return new("pg_version", "PostgreSQL version", postgres.Version.ToString());
        yield return new("is_in_recovery", "Cluster state", postgres.IsInRecovery ? "in archive recovery" : "in production");
        if (postgres.CurrentSize is { } size)
            yield return new("current_size", "Current data size", BarmanFormat.Size(size));
        if (postgres.DataDirectory is { } directory)
            yield return new("data_directory", "PostgreSQL Data directory", directory);
        if (postgres.CurrentSegment is { } segment)
            yield return new("current_xlog", "Current WAL segment", segment);
    }

    private static IEnumerable<Row> CatalogueRows(ServerFacts facts)
    {
        var catalogue = facts.Catalogue.Value;
        var unknown = catalogue is null ? $"unknown ({facts.Catalogue.Problem})" : "";
        var complete = catalogue?.Complete.Count() ?? 0;
        yield return new("backups_number", "No. of available backups", catalogue is null ? unknown : Number(complete));
        yield return new(
            "first_backup", "First available backup", catalogue is null ? unknown : catalogue.Available.FirstOrDefault()?.Id ?? "None");
        yield return new(
            "last_backup", "Last available backup", catalogue is null ? unknown : catalogue.Available.LastOrDefault()?.Id ?? "None");
        var wanted = facts.Policy.MinimumRedundancy;
        var verdict = catalogue is not null && complete >= wanted ? "satisfied" : "FAILED";
        yield return new(
            "minimum_redundancy",
            "Minimum redundancy requirements",
            $"{verdict} ({(catalogue is null ? "unknown" : Number(complete))}/{wanted})");
    }

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);

    private readonly record struct Row(string Key, string Description, string Message);
}
