using Howdah.Core.Errors;
using Howdah.Postgres.Sql;

namespace Howdah.Operations.Backup;

/// <summary>What tablespaces are called, which a base backup does not say.</summary>
internal sealed class TablespaceNames
{
    private static readonly TablespaceNames None = new();

    private readonly Dictionary<uint, string> _names = [];

    /// <summary>Why names are missing; empty where none are.</summary>
    public IReadOnlyList<string> Warnings { get; private init; } = [];

    /// <summary>Null where it is not known.</summary>
    public string? Find(uint oid) => _names.GetValueOrDefault(oid);

    /// <summary>Asks the server; where it does not answer, the backup is complete without them.</summary>
    public static async Task<TablespaceNames> ReadAsync(
        BackupRequest request, IReadOnlyList<BackupTablespace> tablespaces, CancellationToken cancellationToken)
    {
        if (tablespaces.Count == 0)
            return None;
        try
        {
            await using var database = SqlDatabase.Open(request.Connection with { Database = request.Database });
            var names = new TablespaceNames();
            const string query = "select oid::bigint as oid, spcname as name from pg_catalog.pg_tablespace";
            foreach (var row in await database.QueryAsync(query, [], cancellationToken))
                names._names[(uint)row.Integer("oid")!.Value] = row.Text("name")!;
            return names;
        }
        catch (OperationException exception)
        {
            return new TablespaceNames { Warnings = [$"the names of the tablespaces could not be read: {exception.Message}"] };
        }
    }
}
