using Howdah.Core.Errors;

namespace Howdah.Postgres.Wire;

/// <summary>Runs commands whose answers are small result sets.</summary>
internal static class SimpleQuery
{
    // IDENTIFY_SYSTEM has one row; the largest answer is a timeline history. 16 MiB and 10000 rows are far beyond any of them.
    private const int MostRows = 10_000;
    private const long MostBytes = 16 << 20;

    /// <summary>All result sets, in order.</summary>
    /// <exception cref="OperationException">The server answered with an error; the session is usable again.</exception>
    public static async Task<IReadOnlyList<QueryResult>> QueryAsync(
        this WireConnection connection, string command, CancellationToken cancellationToken) =>
        await QueryAsync(connection, command, WireConnection.CommandTimeout, cancellationToken);

    public static async Task<IReadOnlyList<QueryResult>> QueryAsync(
        this WireConnection connection, string command, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(timeout, connection.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            await connection.SendQueryAsync(command, either.Token);
            return await connection.ReadResultsAsync(command, either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new OperationException(
                ErrorCodes.ServerTimeout, $"{connection.Target} did not answer {FirstWord(command)} within {timeout.TotalSeconds:0.#} s");
        }
    }

    /// <summary>Reads result sets up to ReadyForQuery.</summary>
    public static async Task<IReadOnlyList<QueryResult>> ReadResultsAsync(
        this WireConnection connection, string command, CancellationToken cancellationToken)
    {
        var results = new List<QueryResult>();
        ServerError? error = null;
        long bytes = 0;
        var rows = new List<byte[]?[]>();
        IReadOnlyList<string> columns = [];
        while (true)
        {
            var message = await connection.ReadAsync(cancellationToken);
            bytes += message.Body.Length;
            if (bytes > MostBytes || rows.Count > MostRows || results.Count > MostRows)
                throw new OperationException(
                    ErrorCodes.ProtocolViolation, $"{connection.Target} does not stop answering {FirstWord(command)}");
            switch (message.Type)
            {
                case MessageType.RowDescription:
                    columns = ReadColumns(message);
                    break;
                case MessageType.DataRow:
                    rows.Add(ReadRow(message, columns.Count));
                    break;
                case MessageType.CommandComplete or MessageType.EmptyQueryResponse:
                    results.Add(new QueryResult(columns, rows, message.Type == MessageType.CommandComplete ? ReadTag(message) : ""));
                    (columns, rows) = ([], []);
                    break;
                case MessageType.ErrorResponse:
                    error = ServerError.Parse(message);
                    ThrowIfFatal(connection, error, command);
                    break;
                case MessageType.ReadyForQuery:
                    connection.NoteReady(message);
                    return error is null ? results : throw error.ToException($"{FirstWord(command)} on {connection.Target} failed");
                default:
                    throw connection.Unexpected(message, FirstWord(command));
            }
        }
    }

    /// <summary>After FATAL the server is gone: there will be no ReadyForQuery.</summary>
    public static void ThrowIfFatal(WireConnection connection, ServerError error, string command)
    {
        if (error.Severity is "FATAL" or "PANIC")
            throw error.ToException($"{FirstWord(command)} on {connection.Target} failed");
    }

    public static string ReadTag(ServerMessage message)
    {
        var reader = new BodyReader(message);
        return reader.ReadText();
    }

    public static IReadOnlyList<string> ReadColumns(ServerMessage message)
    {
        var reader = new BodyReader(message);
        var columns = new string[Count(ref reader)];
        for (var i = 0; i < columns.Length; i++)
        {
            columns[i] = reader.ReadText();
            // table OID, column number, type OID, type length, type modifier, format
            _ = (reader.ReadInt32(), reader.ReadInt16(), reader.ReadInt32(), reader.ReadInt16(), reader.ReadInt32(), reader.ReadInt16());
        }

        return columns;
    }

    public static byte[]?[] ReadRow(ServerMessage message, int columns)
    {
        var reader = new BodyReader(message);
        var count = Count(ref reader);
        if (count != columns)
            throw reader.Violation($"{count} values for {columns} columns");
        var row = new byte[]?[count];
        for (var i = 0; i < count; i++)
            row[i] = reader.TryReadValue(out var value) ? value.ToArray() : null;
        return row;
    }

    // PostgreSQL allows 1664 columns in a result; the smallest one takes two bytes here, so the body bounds the array, too.
    private static int Count(ref BodyReader reader)
    {
        var count = reader.ReadInt16();
        return count is >= 0 and <= 1664 ? count : throw reader.Violation($"{count} columns");
    }

    private static string FirstWord(string command)
    {
        var end = command.IndexOf(' ', StringComparison.Ordinal);
        return end < 0 ? command : command[..end];
    }
}
