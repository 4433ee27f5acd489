using System.Net.Sockets;
using System.Security.Authentication;
using Howdah.Core.Errors;
using Howdah.Postgres.ConnectionStrings;
using Npgsql;

namespace Howdah.Postgres.Sql;

/// <summary>
/// Short statements against one database: administration and reading of statistics, never bulk data. Rows come as JSON that the
/// server makes, so one text of SQL serves all versions: a column that a version lacks is absent. Thread-safe.
/// </summary>
public sealed class SqlDatabase : IAsyncDisposable
{
    /// <summary>A few sessions at a time are all that administration needs; each is a seat that users do not have.</summary>
    private const int MostConnections = 4;

    private readonly NpgsqlDataSource _source;
    private readonly string _server;

    private SqlDatabase(NpgsqlDataSource source, string server)
    {
        _source = source;
        _server = server;
    }

    /// <summary>
    /// Prepares sessions; the first connection is made by the first statement. <see cref="ConnectionSettings.SourceAddress"/> is
    /// not used here.
    /// </summary>
    public static SqlDatabase Open(ConnectionSettings settings)
    {
        var builder = new NpgsqlSlimDataSourceBuilder(NpgsqlSettings.Of(settings, MostConnections).ConnectionString);
        builder.EnableTransportSecurity();
        // Only built-in types are sent and read; asking the server for all of its types is the slowest query of a short session.
        builder.ConfigureTypeLoading(types => types.EnableTypeLoading(false));
        return new SqlDatabase(builder.Build(), string.Join(", ", settings.Servers));
    }

    /// <summary>Runs a query and answers its rows.</summary>
    /// <param name="query">A SELECT; parameters are <c>$1</c>, <c>$2</c> … and are text: cast them where another type is meant.</param>
    /// <param name="parameters">Their values.</param>
    /// <param name="cancellationToken">Cancels the statement on the server.</param>
    /// <exception cref="OperationException">The server is unreachable or answers with an error.</exception>
    public Task<IReadOnlyList<SqlRow>> QueryAsync(string query, IReadOnlyList<string?> parameters, CancellationToken cancellationToken) =>
        RunAsync<IReadOnlyList<SqlRow>>(
            $"select pg_catalog.to_jsonb(howdah_row)::text from ({query}) howdah_row",
            parameters,
            async command =>
            {
                var rows = new List<SqlRow>();
                await using var reader = await command.ExecuteReaderAsync(cancellationToken);
                while (await reader.ReadAsync(cancellationToken))
                    rows.Add(SqlRow.Parse(reader.GetString(0)));
                return rows;
            },
            cancellationToken);

    /// <summary>All rows of a statistics view, with the columns that this version has.</summary>
    public Task<IReadOnlyList<SqlRow>> ReadViewAsync(string view, CancellationToken cancellationToken) =>
        QueryAsync($"select * from pg_catalog.{SqlText.Identifier(view)}", [], cancellationToken);

    /// <summary>Runs a query that answers exactly one row.</summary>
    public async Task<SqlRow> QueryRowAsync(string query, IReadOnlyList<string?> parameters, CancellationToken cancellationToken)
    {
        var rows = await QueryAsync(query, parameters, cancellationToken);
        return rows.Count == 1
            ? rows[0]
            : throw new OperationException(ErrorCodes.ServerError, $"{_server} answered {rows.Count} rows where one was expected: {query}");
    }

    /// <summary>Runs a statement and answers the number of rows it changed.</summary>
    public Task<int> ExecuteAsync(string statement, IReadOnlyList<string?> parameters, CancellationToken cancellationToken) =>
        RunAsync(statement, parameters, command => command.ExecuteNonQueryAsync(cancellationToken), cancellationToken);

    /// <summary>
    /// Runs somebody's own SQL as it is written: any statements, one after the other, in one transaction unless they say otherwise.
    /// </summary>
    /// <param name="sql">At least one statement; none may be COPY from or to the client.</param>
    /// <param name="deadline">For all of it.</param>
    /// <param name="cancellationToken">Cancels the statement on the server.</param>
    /// <returns>The first row of the last answer that has columns, as a JSON object; null where there is none.</returns>
    /// <exception cref="OperationException">As of all statements; whose fault it is tells
    /// <see cref="SqlFailure.IsOfStatement"/>.</exception>
    public Task<string?> AskAsync(string sql, TimeSpan deadline, CancellationToken cancellationToken) =>
        RunAsync(
            sql,
            [],
            async command =>
            {
                command.CommandTimeout = (int)Math.Ceiling(deadline.TotalSeconds);
                // As text, whatever the type: the answer is for people.
                command.AllResultTypesAreUnknown = true;
                await using var reader = await command.ExecuteReaderAsync(cancellationToken);
                string? answer = null;
                do
                {
                    if (reader.FieldCount > 0)
                        answer = await reader.ReadAsync(cancellationToken) ? RowJson.Of(reader) : null;
                }
                while (await reader.NextResultAsync(cancellationToken));
                return answer;
            },
            cancellationToken);

    /// <summary>Closes idle sessions: to be called after the server was started again, which ended them.</summary>
    public void ForgetSessions() => _source.Clear();

    public ValueTask DisposeAsync() => _source.DisposeAsync();

    private async Task<T> RunAsync<T>(
        string sql, IReadOnlyList<string?> parameters, Func<NpgsqlCommand, Task<T>> run, CancellationToken cancellationToken)
    {
        try
        {
            await using var command = _source.CreateCommand(sql);
            foreach (var parameter in parameters)
                command.Parameters.Add(
                    new NpgsqlParameter { Value = (object?)parameter ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text });
            return await run(command);
        }
        catch (PostgresException failure)
        {
            throw Translate(failure);
        }
        // Of several servers none was what is looked for.
        catch (NpgsqlException failure) when (failure.InnerException is AggregateException { InnerExceptions: { Count: > 0 } tried })
        {
            var answers = tried.Select(one => one.GetBaseException().Message.TrimEnd('.')).Distinct(StringComparer.Ordinal);
            throw new OperationException(
                ErrorCodes.ServerUnreachable, $"{_server}: no server answers as wanted: {string.Join("; ", answers)}",
                "see howdah status", failure);
        }
        catch (NpgsqlException failure) when (failure.InnerException is AuthenticationException refused)
        {
            throw new OperationException(
                ErrorCodes.TlsFailed, $"{_server}: {refused.GetBaseException().Message.TrimEnd('.')}", innerException: failure);
        }
        catch (NpgsqlException failure)
        {
            var code = failure.InnerException is TimeoutException ? ErrorCodes.ServerTimeout
                : failure.InnerException is SocketException ? ErrorCodes.ServerUnreachable
                : ErrorCodes.ConnectionLost;
            throw new OperationException(code, $"{_server}: {failure.Message}", innerException: failure);
        }
        catch (NotSupportedException failure)
        {
            throw new OperationException(ErrorCodes.ServerError, $"{_server}: {failure.Message}", innerException: failure);
        }
        catch (SocketException failure)
        {
            throw new OperationException(ErrorCodes.ServerUnreachable, $"{_server}: {failure.Message}", innerException: failure);
        }
    }

    private OperationException Translate(PostgresException failure)
    {
        // 28: invalid authorization; 57P01-57P03: shutting down, crashed, starting up; 53300: no seat left.
        var code = failure.SqlState switch
        {
            ['2', '8', ..] => ErrorCodes.AuthenticationFailed,
            "57P01" or "57P02" => ErrorCodes.ConnectionLost,
            "57P03" or "53300" => ErrorCodes.ServerUnreachable,
            _ => ErrorCodes.ServerError,
        };
        return new OperationException(code, $"{_server} answered {failure.SqlState}: {failure.MessageText}", failure.Hint, failure);
    }
}
