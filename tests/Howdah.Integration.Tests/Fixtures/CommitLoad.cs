using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Sockets;
using Npgsql;

namespace Howdah.Integration.Tests.Fixtures;

/// <summary>
/// Clients that commit one row after the other and remember which commits the server acknowledged. Each stops at its first failure:
/// whether that commit counts, nobody knows.
/// </summary>
public sealed class CommitLoad : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = CancellationTokenSource.CreateLinkedTokenSource(TestEnvironment.Stop);
    private readonly ConcurrentDictionary<(int Client, int Number), bool> _acknowledged = new();
    private readonly List<Task> _clients = [];

    private CommitLoad()
    {
    }

    public int AcknowledgedCount => _acknowledged.Count;

    /// <summary>Makes the table and starts committing into it.</summary>
    public static async Task<CommitLoad> StartAsync(Func<Task<NpgsqlConnection>> connect, int clients)
    {
        await using var connection = await connect();
        await ExecuteAsync(connection, "create table if not exists commits (client int, number int, primary key (client, number))");
        var load = new CommitLoad();
        for (var client = 0; client < clients; client++) load._clients.Add(load.RunAsync(connect, client));
        return load;
    }

    /// <summary>Waits until that many commits were acknowledged, and fails when the load ends before.</summary>
    public Task WaitForAsync(int commits) => TestWait.UntilAsync(
        $"{commits} acknowledged commits",
        () => _acknowledged.Count >= commits
            || (_clients.TrueForAll(client => client.IsCompleted) ? throw new InvalidOperationException("all clients have ended") : false));

    /// <summary>Ends the clients: at once where they were stopped by the server's death.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_clients);
    }

    /// <summary>The acknowledged commits that a server does not have: none may be missing.</summary>
    public async Task<IReadOnlyList<(int Client, int Number)>> MissingFromAsync(NpgsqlConnection connection)
    {
        var missing = _acknowledged.Keys.ToHashSet();
        await using var command = new NpgsqlCommand("select client, number from commits", connection);
        await using var reader = await command.ExecuteReaderAsync(TestEnvironment.Stop);
        while (await reader.ReadAsync(TestEnvironment.Stop)) missing.Remove((reader.GetInt32(0), reader.GetInt32(1)));
        return [.. missing.Order()];
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
    }

    private async Task RunAsync(Func<Task<NpgsqlConnection>> connect, int client)
    {
        try
        {
            await using var connection = await connect();
            await using var command = new NpgsqlCommand("insert into commits values ($1, $2)", connection);
            var number = new NpgsqlParameter<int>();
            command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = client });
            command.Parameters.Add(number);
            for (var next = 0; ; next++)
            {
                number.TypedValue = next;
                await command.ExecuteNonQueryAsync(_stop.Token);
                _acknowledged[(client, next)] = true;
            }
        }
        catch (Exception exception) when (exception is NpgsqlException or OperationCanceledException or SocketException or IOException)
        {
            // The server died, or the test has seen enough.
            Debug.WriteLine(exception);
        }
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(TestEnvironment.Stop);
    }
}
