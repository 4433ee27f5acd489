using Howdah.Core.Errors;
using Howdah.Operations.Backup;
using Howdah.Postgres.DataDirectory;
using Howdah.Postgres.Replication;
using Howdah.Postgres.Wire;
using Howdah.Storage;

namespace Howdah.Operations.CloneStandby;

/// <summary>
/// Builds a standby's data directory from a running primary. Its slot is made first and keeps all WAL from before the copy began, so
/// the WAL that the copy needs to become consistent comes by streaming.
/// </summary>
public sealed class StandbyCloner(TimeProvider time, IBackupObserver observer)
{
    /// <summary>What an interrupted clone to <paramref name="dataDirectory"/> left: its directory and those of its tablespaces.</summary>
    public static IReadOnlyList<string> FindInterrupted(string dataDirectory) => new ClonePlace(dataDirectory).FindInterrupted();

    /// <summary>Removes it, where there is any.</summary>
    public static void RemoveInterrupted(string dataDirectory) => new ClonePlace(dataDirectory).RemoveInterrupted();

    /// <returns>The verified copy; the caller writes standby settings into it and puts it in place.</returns>
    /// <exception cref="OperationException">Nothing of the copy is left; the slot stays, and the next attempt uses it.</exception>
    public async Task<StandbyClone> RunAsync(CloneRequest request, CancellationToken cancellationToken)
    {
        var place = new ClonePlace(request.DataDirectory);
        place.Begin($"an unfinished standby clone for slot {request.SlotName}, begun {time.GetUtcNow():u}");
        try
        {
            await using var connection = await ReplicationConnection.OpenAsync(request.Primary, time, cancellationToken);
            await EnsureSlotAsync(connection, request.SlotName, cancellationToken);
            var result = await CopyAsync(connection, request, place, cancellationToken);
            return new StandbyClone(place, result);
        }
        catch
        {
            place.Abandon();
            throw;
        }
    }

    private async Task<BaseBackupResult> CopyAsync(
        ReplicationConnection connection, CloneRequest request, ClonePlace place, CancellationToken cancellationToken)
    {
        var places = new Dictionary<uint, string>();
        var sinkOptions = new DirectorySinkOptions
        {
            DataDirectory = place.New,
            LocateTablespace = tablespace =>
            {
                if (request.LocateTablespace(tablespace) is not { } directory)
                    return null;
                place.Claim(directory);
                return places[tablespace.Oid!.Value] = directory;
            },
        };
        var options = new BaseBackupRunnerOptions
        {
            Label = "howdah standby",
            FastCheckpoint = request.FastCheckpoint,
            RateLimit = request.RateLimit,
            ExpectedSystem = request.System,
            KeepsDamagedPages = false,
        };
        await using var sink = new DirectorySink(sinkOptions);
        var result = await new BaseBackupRunner(connection, time).RunAsync(sink, options, observer, cancellationToken);
        if (places.Count > 0)
            RewriteTablespaceMap(place.New, places);
        return result;
    }

    // The server's own map names its own directories; the standby's server makes its links from this one.
    private static void RewriteTablespaceMap(string directory, Dictionary<uint, string> places)
    {
        var entries = places.OrderBy(static place => place.Key).Select(static place => new TablespaceMapEntry(place.Key, place.Value));
        var path = Path.Combine(directory, TablespaceMap.FileName);
        StorageFailure.Run($"writing {path}", () => AtomicFile.Write(path, new TablespaceMap([.. entries]).ToBytes()));
    }

    private static async Task EnsureSlotAsync(ReplicationConnection connection, string slot, CancellationToken cancellationToken)
    {
        try
        {
            await connection.CreatePhysicalSlotAsync(slot, new SlotOptions(ReserveWal: true), cancellationToken);
        }
        catch (OperationException e) when (ServerError.Of(e) is { SqlState: SqlStates.DuplicateObject })
        {
            var position = await connection.ReadSlotAsync(slot, cancellationToken);
            if (position is { Existence: SlotExistence.Physical, RestartLsn: null })
            {
                throw new OperationException(
                    ErrorCodes.SlotUnusable,
                    $"slot {slot} on {connection.Server} exists and keeps no WAL: it was never used, or was invalidated",
                    $"drop it: select pg_drop_replication_slot('{slot}')",
                    e);
            }
        }
    }
}
