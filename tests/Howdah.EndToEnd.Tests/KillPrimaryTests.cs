using Howdah.Integration.Tests.Fixtures;
using Npgsql;

namespace Howdah.EndToEnd.Tests;

/// <summary>
/// The promise itself: with the backup host in <c>synchronous_standby_names</c>, the primary is killed under load and its disk is lost,
/// and every commit that a client saw acknowledged is in what the repository restores. Ten rounds here; <c>eng/kill-primary 100</c>.
/// </summary>
public sealed class KillPrimaryTests
{
    private static readonly int[] Majors = [15, 18, 11, 17, 13];

    public static TheoryData<int> Rounds =>
        [.. Enumerable.Range(1, int.TryParse(Environment.GetEnvironmentVariable("HOWDAH_KILL_ROUNDS"), out var rounds) ? rounds : 10)];

    [Theory]
    [MemberData(nameof(Rounds))]
    public async Task Every_acknowledged_commit_survives_the_loss_of_the_primary_and_its_disk(int round)
    {
        // The round is the seed: a round that fails can be run again with the same moment, as far as a machine repeats itself.
        var random = new Random(round);
        var major = Majors[round % Majors.Length];
        await using var lab = await Lab.UpAsync(new LabOptions(major) { HasStandby = false, Synchronous = "any" });
        await lab.CreateAppRoleAsync();
        await using var load = await CommitLoad.StartAsync(() => lab.ConnectAsync(), clients: 1 + random.Next(8));
        await load.WaitForAsync(20 + random.Next(2000));

        await lab.KillServerAsync("master");
        Directory.Delete(lab.DataOf("master"), recursive: true);
        await load.StopAsync();
        await lab.HowdahAsync("down");
        Assert.False(File.Exists(Path.Combine(lab.DataOf("master"), "PG_VERSION")), "an empty primary was made where the lost one was");

        await using var restored = await TestServer.AdoptAsync(new TestServerOptions(major));
        await lab.HowdahAsync("restore", "--to", restored.DataDirectory);
        await StartAsync(restored);
        await using var connection = await PrimaryAsync(lab, restored);
        var missing = await load.MissingFromAsync(connection);
        Assert.True(
            missing.Count == 0,
            $"round {round}: {missing.Count} of {load.AcknowledgedCount} acknowledged commits are lost, "
            + $"the first {string.Join(", ", missing.Take(5))}");
        Assert.True(load.AcknowledgedCount > 0);
    }

    private static Task StartAsync(TestServer server) => server.StartAgainAsync(
        $"port={server.Port}", $"listen_addresses={server.Address}", $"unix_socket_directories={server.Directory}");

    /// <summary>A connection once recovery has ended: before that, rows are still missing, and perhaps the role that connects.</summary>
    private static Task<NpgsqlConnection> PrimaryAsync(Lab lab, TestServer server) =>
        TestWait.ForAsync("recovery has ended and the application can connect", () => TryPrimaryAsync(lab, server));

    private static async Task<NpgsqlConnection?> TryPrimaryAsync(Lab lab, TestServer server)
    {
        NpgsqlConnection? connection = null;
        try
        {
            connection = await lab.ConnectAsync(server.Address, server.Port);
            await using var command = new NpgsqlCommand("select pg_is_in_recovery()", connection);
            if (await command.ExecuteScalarAsync(TestEnvironment.Stop) is false) return connection;
        }
        catch (PostgresException)
        {
            // The role is not there yet.
        }

        if (connection is not null) await connection.DisposeAsync();
        return null;
    }
}
