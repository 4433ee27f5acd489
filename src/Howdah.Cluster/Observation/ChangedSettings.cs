using Howdah.Cluster.Configuration;
using Howdah.Cluster.Rendering;
using Howdah.Core.Errors;
using Howdah.Postgres.Settings;
using Howdah.Postgres.Sql;

namespace Howdah.Cluster.Observation;

/// <summary>Tells what a new <see cref="NodeRendering.SettingsFileName"/> changes, and which of that takes a restart.</summary>
internal static class ChangedSettings
{
    /// <summary>In the order of the rendering, then what goes; values as they may be shown.</summary>
    /// <param name="present">The text of the file in place.</param>
    /// <param name="wanted">What is rendered.</param>
    /// <returns>None where the text is not of such a file: then nobody can say.</returns>
    public static IReadOnlyList<ChangedSetting> Between(string present, NodeRendering wanted)
    {
        if (Parse(present) is not { } conf)
            return [];
        var rendered = wanted.Settings.Select(setting => setting.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var gone = conf.Entries.Select(entry => entry.Name).Where(name => !rendered.Contains(name))
            .Distinct(StringComparer.OrdinalIgnoreCase);
        return
        [
            .. wanted.Settings.Where(setting => conf.Get(setting.Name) != setting.Value)
                .Select(setting => Change(setting.Name, conf.Get(setting.Name), setting.Value)),
            .. gone.Select(name => Change(name, conf.Get(name), null)),
        ];
    }

    /// <summary>Asks a server which of them it takes at its start only; what it does not know, it does not tell.</summary>
    /// <exception cref="OperationException">It does not answer.</exception>
    public static async Task<IReadOnlyList<ChangedSetting>> MarkAsync(
        SqlDatabase database, IReadOnlyList<ChangedSetting> changes, CancellationToken cancellationToken)
    {
        if (changes.Count == 0)
            return changes;
        var names = string.Join(", ", changes.Select(change => SqlText.Literal(change.Name.ToLowerInvariant())));
        var rows = await database.QueryAsync(
            $"select name, setting, vartype, unit from pg_settings where context = 'postmaster' and lower(name) in ({names})", [],
            cancellationToken);
        var atStart = rows.ToDictionary(row => row.Text("name")!, StringComparer.OrdinalIgnoreCase);
        return [.. changes.Select(
            change => change with { NeedsRestart = atStart.TryGetValue(change.Name, out var row) && IsOther(row, change.To) })];
    }

    /// <summary>What a server has already, though not from this file, needs no restart.</summary>
    private static bool IsOther(SqlRow row, string? wanted) =>
        wanted is null || !SettingKind.Of(row).AreSame(row.Text("setting") ?? "", wanted);

    private static ChangedSetting Change(string name, string? from, string? to) =>
        new(name, Shown(name, from), Shown(name, to));

    private static string? Shown(string name, string? value) => value is null ? null : OwnedSettings.Shown(name, value);

    private static PostgresConf? Parse(string text)
    {
        try
        {
            return PostgresConf.Parse(text, NodeRendering.SettingsFileName);
        }
        catch (OperationException)
        {
            // Somebody has broken it, and it is about to be written anew.
            return null;
        }
    }
}
