using Howdah.Core.Errors;
using Howdah.Core.Wal;
using Howdah.Postgres.Replication;
using Howdah.Postgres.Wire;

namespace Howdah.Operations.ReceiveWal;

/// <summary>Finds the oldest segment after a missing one that the server still has, by asking for segments: about twenty questions for a
/// terabyte.</summary>
internal sealed class OldestWalFinder(ReplicationConnection connection, TimelineHistory history, WalSegmentSize size)
{
    /// <summary>The server says that WAL is no longer there.</summary>
    public static bool IsRemoved(OperationException exception) =>
        ServerError.Of(exception) is { SqlState: SqlStates.UndefinedFile };

    /// <param name="missing">A segment that is known to be gone.</param>
    /// <param name="present">A later segment that is known to be there: the one being written.</param>
    /// <param name="cancellationToken">Ends the search; the connection is of no more use.</param>
    public async Task<ulong> FindAsync(ulong missing, ulong present, CancellationToken cancellationToken)
    {
        while (present - missing > 1)
        {
            var middle = missing + ((present - missing) / 2);
            if (await IsPresentAsync(middle, cancellationToken))
                present = middle;
            else
                missing = middle;
        }

        return present;
    }

    private async Task<bool> IsPresentAsync(ulong number, CancellationToken cancellationToken)
    {
        var start = new Lsn(number * (ulong)size.Bytes);
        try
        {
            var result = await connection.StartPhysicalReplicationAsync(
                new StartReplication(start, history.TimelineAt(start)), cancellationToken);
            if (result.Stream is not { } stream)
                return true;
            var first = await stream.ReadAsync(cancellationToken);
            if (first.Kind == WalStreamMessageKind.ServerShutdown)
                throw new OperationException(ErrorCodes.ConnectionLost, $"{connection.Server} shut down");
            if (first.Kind is WalStreamMessageKind.Data or WalStreamMessageKind.KeepAlive)
                await stream.StopAsync(cancellationToken);
            return true;
        }
        catch (OperationException exception) when (IsRemoved(exception))
        {
            return false;
        }
    }
}
