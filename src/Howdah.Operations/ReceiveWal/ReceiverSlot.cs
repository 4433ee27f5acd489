using Howdah.Core.Errors;
using Howdah.Core.Wal;
using Howdah.Postgres.Replication;
using Howdah.Postgres.Wire;

namespace Howdah.Operations.ReceiveWal;

/// <summary>Our slot on the server: made where it is missing, replaced where the server has given it up.</summary>
/// <remarks>
/// From 13 to 17 an invalidated slot comes back to life when it is used again; the hole is found because streaming starts at an
/// explicit position. 18 refuses such a slot (55000), so it is dropped and made anew.
/// </remarks>
internal sealed class ReceiverSlot(ReceiverContext context, ReplicationConnection connection)
{
    private readonly WalReceiverOptions _options = context.Options;

    public async Task EnsureAsync(CancellationToken cancellationToken)
    {
        if (_options.Slot is not { } name)
            return;
        if ((await connection.ReadSlotAsync(name, cancellationToken)).Existence != SlotExistence.Missing)
            return; // or a server before 15, which cannot be asked: StartAsync will see
        if (!_options.CreateSlot)
            throw new OperationException(
                ErrorCodes.SlotUnusable, $"slot \"{name}\" does not exist on {connection.Server}", "create it, or let it be created");
        await CreateAsync(name, cancellationToken);
    }

    /// <summary>As <see cref="EnsureAsync"/>, also on a server before 15: it cannot be asked whether the slot is there, only told to make
    /// it. Done before the first start alone, because each refusal is an error in the server's log.</summary>
    public async Task EnsureBeforeFirstStartAsync(CancellationToken cancellationToken)
    {
        if (_options is { Slot: { } name, CreateSlot: true } && !connection.ServerVersion.Facts.HasReadReplicationSlot)
            await CreateAsync(name, cancellationToken);
    }

    /// <summary>Where the slot keeps WAL from; null where that is not known.</summary>
    public async Task<Lsn?> FindStartAsync(CancellationToken cancellationToken) =>
        _options.Slot is { } name ? (await connection.ReadSlotAsync(name, cancellationToken)).RestartLsn : null;

    public async Task<StartReplicationResult> StartAsync(StartReplication start, CancellationToken cancellationToken)
    {
        try
        {
            return await connection.StartPhysicalReplicationAsync(start, cancellationToken);
        }
        catch (OperationException exception) when (IsInvalidated(exception) && _options.CreateSlot && _options.Slot is { } name)
        {
            await connection.DropSlotAsync(name, wait: false, cancellationToken);
            await CreateAsync(name, cancellationToken, isReplacement: true);
            return await connection.StartPhysicalReplicationAsync(start, cancellationToken);
        }
        catch (OperationException exception) when (
            ServerError.Of(exception)?.SqlState == SqlStates.UndefinedObject && _options.CreateSlot && _options.Slot is { } name)
        {
            await CreateAsync(name, cancellationToken);
            return await connection.StartPhysicalReplicationAsync(start, cancellationToken);
        }
    }

    private bool IsInvalidated(OperationException exception) =>
        connection.ServerVersion.Facts.RefusesInvalidatedSlot && ServerError.Of(
            exception)?.SqlState == SqlStates.ObjectNotInPrerequisiteState;

    private async Task CreateAsync(string name, CancellationToken cancellationToken, bool isReplacement = false)
    {
        try
        {
            await connection.CreatePhysicalSlotAsync(name, new SlotOptions(ReserveWal: true), cancellationToken);
        }
        catch (OperationException exception) when (ServerError.Of(exception)?.SqlState == SqlStates.DuplicateObject)
        {
            return;
        }

        var had = context.Store.FindResumePoint() is not null;
        var message = isReplacement
            ? $"slot \"{name}\" had been invalidated by {connection.Server} and was made anew"
            : $"slot \"{name}\" was created on {connection.Server}";
        // A slot that is missing although we hold WAL has been dropped by someone.
        context.Tell(isReplacement
            ? WalReceiverEventKind.SlotReplaced
            : WalReceiverEventKind.SlotCreated, message, isAlarm: isReplacement || had);
    }
}
