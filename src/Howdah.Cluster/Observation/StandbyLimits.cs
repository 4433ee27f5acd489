using Howdah.Postgres.DataDirectory;
using Howdah.Postgres.Settings;
using Howdah.Postgres.Sql;
using Howdah.Postgres.Versions;

namespace Howdah.Cluster.Observation;

/// <summary>Reads the settings that a hot standby must not have less of than its primary (manual, "Hot Standby: Administrator's
/// Overview").</summary>
internal static class StandbyLimits
{
    /// <summary>
    /// pg_file_settings has what a restart would make of a setting. A value from the command line was for one start
    /// (<see cref="Execution.StandbyStartOptions"/>). Each look into that view makes the server parse all its configuration files, so
    /// only what a restart may change is looked up there.
    /// </summary>
    private const string Query = """
        select s.name, s.setting,
               case when s.pending_restart or s.source = 'command line'
                    then (select f.setting from pg_file_settings f where f.name = s.name order by f.seqno desc limit 1) end as next
        from pg_settings s where s.name = any (string_to_array($1, ','))
        """;

    public static async Task<(IReadOnlyDictionary<string, long> Now, IReadOnlyDictionary<string, long> Next)> AskAsync(
        SqlDatabase database, PostgresVersion version, CancellationToken cancellationToken)
    {
        var names = string.Join(',', SettingCatalogue.StandbyMinimums(version).Select(fact => fact.Name));
        var now = new Dictionary<string, long>(StringComparer.Ordinal);
        var next = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var row in await database.QueryAsync(Query, [names], cancellationToken))
        {
            var name = row.Text("name")!;
            now[name] = Number(row.Text("setting")) ?? 0;
            if (Number(row.Text("next")) is { } coming && coming != now[name])
                next[name] = coming;
        }

        return (now, next);
    }

    /// <summary>What the primary had when it wrote the last WAL that was replayed here; empty where that is not known.</summary>
    public static IReadOnlyDictionary<string, long> Replayed(ControlFile? control) => control is null
        ? NodeAnswers.NoLimits
        : new Dictionary<string, long>(StringComparer.Ordinal)
        {
            ["max_connections"] = control.MaxConnections,
            ["max_worker_processes"] = control.MaxWorkerProcesses,
            ["max_wal_senders"] = control.MaxWalSenders,
            ["max_prepared_transactions"] = control.MaxPreparedTransactions,
            ["max_locks_per_transaction"] = control.MaxLocksPerTransaction,
        };

    private static long? Number(string? text) => long.TryParse(text, out var number) ? number : null;
}
