using Howdah.Cluster.Configuration;
using Howdah.Core.Errors;
using Howdah.Postgres.Sql;
using Howdah.Postgres.Versions;

namespace Howdah.Barman.Observation;

/// <summary>An open session on the primary, or the reason why there is none.</summary>
/// <param name="Node">The primary; null where none was found.</param>
/// <param name="Database">Owned by the caller.</param>
/// <param name="Version">The primary's version.</param>
/// <param name="Problem">One phrase for each node.</param>
internal sealed record PrimarySession(NodeModel? Node, SqlDatabase? Database, PostgresVersion Version, string Problem);

/// <summary>Finds the node that is the primary now: roles change hands, so all are asked at once.</summary>
internal sealed class PrimaryFinder(ClusterModel model, ClusterConnections connections, TimeProvider time)
{
    // After one primary has answered, others get this long: enough to notice a second one, short enough for a quick check.
    private static readonly TimeSpan SecondPrimaryWait = TimeSpan.FromMilliseconds(250);

    private const string RoleQuery = """
        select current_setting('server_version_num')::int as version,
               case when pg_is_in_recovery() then null else substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) end as timeline
        """;

    public async Task<PrimarySession> FindAsync(CancellationToken cancellationToken)
    {
        var asked = model.Nodes.Select(node => AskAsync(node, cancellationToken)).ToList();
        var all = Task.WhenAll(asked);
        var pending = asked.ToList();
        while (pending.Count > 0)
        {
            var answered = await Task.WhenAny(pending);
            pending.Remove(answered);
            if (!(await answered).IsPrimary)
                continue;
            await Task.WhenAny(all, Task.Delay(SecondPrimaryWait, time, cancellationToken));
            break;
        }

        return await ChooseAsync(asked);
    }

    private async Task<Answer> AskAsync(NodeModel node, CancellationToken cancellationToken)
    {
        var database = SqlDatabase.Open(connections.Sql(node));
        try
        {
            var row = await database.QueryRowAsync(RoleQuery, [], cancellationToken);
            var timeline = row.Text("timeline");
            var version = new PostgresVersion((int)(row.Integer("version") ?? 0));
            return new Answer(node, database, version, timeline, timeline is null ? $"{node.Name} is a standby" : "");
        }
        catch (OperationException exception)
        {
            await database.DisposeAsync();
            return new Answer(node, null, default, null, $"{node.Name}: {exception.Message}");
        }
    }

    /// <summary>The primary of the highest timeline: an old primary that came back is on a lower one. Everybody else is let go.</summary>
    private static async Task<PrimarySession> ChooseAsync(List<Task<Answer>> asked)
    {
        var answers = new List<Answer>();
        foreach (var task in asked)
        {
            if (task.IsCompleted)
                answers.Add(await task);
            else
                _ = DisposeLaterAsync(task);
        }

        var primary = answers.Where(answer => answer.IsPrimary)
            .OrderByDescending(answer => answer.Timeline, StringComparer.Ordinal)
            .FirstOrDefault();
        foreach (var answer in answers)
        {
            if (answer != primary && answer.Database is { } database)
                await database.DisposeAsync();
        }

        return primary is not null
            ? new PrimarySession(primary.Node, primary.Database, primary.Version, "")
            : new PrimarySession(null, null, default, string.Join("; ", answers.Select(answer => answer.Problem)));
    }

    private static async Task DisposeLaterAsync(Task<Answer> task)
    {
        if ((await task).Database is { } database)
            await database.DisposeAsync();
    }

    /// <summary>What one node said.</summary>
    private sealed record Answer(NodeModel Node, SqlDatabase? Database, PostgresVersion Version, string? Timeline, string Problem)
    {
        public bool IsPrimary => Timeline is not null;
    }
}
