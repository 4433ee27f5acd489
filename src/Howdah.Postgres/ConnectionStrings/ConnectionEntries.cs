namespace Howdah.Postgres.ConnectionStrings;

/// <summary>The merged keywords of one connection string while settings are made from them; remembers which were taken.</summary>
internal sealed class ConnectionEntries(Dictionary<string, ConnectionEntry> entries)
{
    private readonly HashSet<string> _taken = new(StringComparer.Ordinal) { "service", "servicefile", "replication" };

    /// <summary>The value; null where the keyword is missing or empty, which mean the same to libpq.</summary>
    public string? Take(string keyword) => Find(keyword) is { Value.Length: > 0 } entry ? entry.Value : null;

    public ConnectionEntry? Find(string keyword)
    {
        _taken.Add(keyword);
        return entries.TryGetValue(keyword, out var entry) ? entry : null;
    }

    public T? TakeChoice<T>(string keyword, IReadOnlyList<(string Text, T Value)> choices)
        where T : struct
    {
        if (Find(keyword) is not { Value.Length: > 0 } entry)
            return null;
        foreach (var (text, value) in choices)
        {
            if (text == entry.Value)
                return value;
        }

        throw entry.Invalid($"{keyword} \"{entry.Value}\" is not one of {string.Join(", ", choices.Select(choice => choice.Text))}");
    }

    /// <summary>Keywords that nobody took.</summary>
    public Dictionary<string, string> Rest() =>
        entries.Values.Where(entry => !_taken.Contains(entry.Keyword) && entry.Value.Length > 0)
            .ToDictionary(entry => entry.Keyword, entry => entry.Value, StringComparer.Ordinal);
}
