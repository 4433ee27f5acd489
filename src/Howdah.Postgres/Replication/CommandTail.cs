using Howdah.Postgres.Wire;

namespace Howdah.Postgres.Replication;

/// <summary>
/// Collects what follows a copy: result rows, one or two CommandCompletes, or an error, up to ReadyForQuery. Data that was
/// still on its way when the copy was ended is dropped.
/// </summary>
internal sealed class CommandTail(WireConnection connection, string command)
{
    private int _columns;

    /// <summary>The last row; empty where there was none.</summary>
    public byte[]?[] Row { get; private set; } = [];

    public ServerError? Error { get; private set; }

    /// <summary>True at ReadyForQuery.</summary>
    public bool Handle(ServerMessage message)
    {
        if (connection.Absorb(message))
            return false;
        switch (message.Type)
        {
            case MessageType.RowDescription:
                _columns = SimpleQuery.ReadColumns(message).Count;
                return false;
            case MessageType.DataRow:
                Row = SimpleQuery.ReadRow(message, _columns);
                return false;
            case MessageType.CopyData or MessageType.CopyDone or MessageType.CommandComplete:
                return false;
            case MessageType.ErrorResponse:
                Error = ServerError.Parse(message);
                SimpleQuery.ThrowIfFatal(connection, Error, command);
                return false;
            case MessageType.ReadyForQuery:
                connection.NoteReady(message);
                return true;
            default:
                throw connection.Unexpected(message, $"the end of {command}");
        }
    }

    public async Task ReadAsync(CancellationToken cancellationToken)
    {
        while (!Handle(await connection.Reader.TakeAsync(cancellationToken)))
        {
        }
    }

    public void Read()
    {
        while (!Handle(connection.Reader.Take()))
        {
        }
    }

    public void ThrowIfError()
    {
        if (Error is not null)
            throw Error.ToException($"{command} on {connection.Target} failed");
    }
}
