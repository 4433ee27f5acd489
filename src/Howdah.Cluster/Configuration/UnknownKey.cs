namespace Howdah.Cluster.Configuration;

/// <summary>What somebody meant who wrote a key or section that does not exist.</summary>
internal static class UnknownKey
{
    public static string Suggest(string written, IReadOnlyList<string> known, string where)
    {
        if (ConfigSchema.Habits.TryGetValue(written.ToLowerInvariant(), out var habit) && known.Contains(habit, StringComparer.Ordinal))
            return $"did you mean {habit}?";
        if (Spelling.Nearest(written, known) is { } near)
            return $"did you mean {near}?";
        var elsewhere = ConfigSchema.Sections.FirstOrDefault(section =>
            section.Keys.Any(key => string.Equals(key.Name, written, StringComparison.Ordinal))
        );
        return elsewhere is null
            ? $"{where} knows {string.Join(", ", known)}"
            : $"it belongs in {elsewhere.Header}";
    }
}
