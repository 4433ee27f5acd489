namespace Howdah.Postgres.Wire;

/// <summary>What the StartupMessage says beside user and database.</summary>
/// <param name="IsPhysicalReplication">A walsender without a database, which takes replication commands only.</param>
/// <param name="Settings">Server settings for the session; one that the server does not know, or does not let us set, ends the
/// attempt.</param>
internal sealed record StartupParameters(bool IsPhysicalReplication, IReadOnlyDictionary<string, string> Settings)
{
    public static readonly StartupParameters Physical = new(true, new Dictionary<string, string>(StringComparer.Ordinal)
    {
        // Does not concern BASE_BACKUP, but TIMELINE_HISTORY and the like (pg-protocol facts: startup).
        ["statement_timeout"] = "0",
    });

    public StartupParameters With(string name, string value) =>
        this with { Settings = new Dictionary<string, string>(Settings, StringComparer.Ordinal) { [name] = value } };
}
