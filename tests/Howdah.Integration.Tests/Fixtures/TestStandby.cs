using Npgsql;

namespace Howdah.Integration.Tests.Fixtures;

/// <summary>How a standby follows its primary.</summary>
public sealed record TestStandbyOptions
{
    public string SlotName { get; init; } = "standby";

    public string ApplicationName { get; init; } = "standby";

    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    public TestNetworkHost? Host { get; init; }
}

/// <summary>Makes hot standbys with nothing of the product: a copy made under PostgreSQL's own backup functions.</summary>
public static class TestStandby
{
    /// <summary>Builds and starts a standby with its own slot, and waits until it streams.</summary>
    public static async Task<TestServer> CreateAsync(TestServer primary, TestStandbyOptions? standbyOptions = null)
    {
        var standby = standbyOptions ?? new TestStandbyOptions();
        var options = new TestServerOptions(primary.Major) { Settings = FollowSettings(primary, standby), Host = standby.Host };
        var server = await TestServer.AdoptAsync(options);
        try
        {
            await primary.ExecuteAsync($"select pg_create_physical_replication_slot('{standby.SlotName}', true)");
            await CopyAsync(primary, server.DataDirectory);
            await server.WriteSettingsAsync(options);
            await WriteRecoveryAsync(primary, standby, server);
            await server.StartAgainAsync();
            await WaitForStreamingAsync(primary, standby.ApplicationName);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until a client of this application_name streams from the server.</summary>
    public static Task WaitForStreamingAsync(TestServer primary, string applicationName) => TestWait.UntilAsync(
        $"{applicationName} streams from port {primary.Port}",
        async () => await primary.ScalarAsync(
            $"select state from pg_stat_replication where application_name = '{applicationName}'") == "streaming");

    /// <summary>Waits until the standby has replayed everything that the primary has written so far.</summary>
    public static async Task WaitForReplayAsync(TestServer primary, TestServer standby)
    {
        var written = await primary.ScalarAsync("select pg_current_wal_lsn()::text");
        await TestWait.UntilAsync(
            $"the standby has replayed {written}",
            async () => await standby.ScalarAsync($"select pg_last_wal_replay_lsn() >= '{written}'::pg_lsn") == "True");
    }

    /// <summary>Copies the primary's data directory while it runs, without WAL and slots.</summary>
    public static async Task CopyAsync(TestServer primary, string target)
    {
        await using var connection = await primary.ConnectAsync();
        var (start, stop) = primary.Major >= 15
            ? ("select pg_backup_start('copy', true)", "select labelfile from pg_backup_stop(false)")
            : ("select pg_start_backup('copy', true, false)", "select labelfile from pg_stop_backup(false, false)");
        await ExecuteAsync(connection, start);
        // Files may vanish while cp runs; the backup's WAL makes up for them. What matters is checked by the server when it starts.
        await TestCommand.TryRunAsync(TestCommand.Unprivileged(["cp", "-a", "--reflink=auto", primary.DataDirectory, target]));
        File.Delete(Path.Combine(target, "postmaster.pid"));
        foreach (var directory in new[] { "pg_wal", "pg_replslot" }) Empty(Path.Combine(target, directory));
        await using var command = new NpgsqlCommand(stop, connection);
        var label = (string)(await command.ExecuteScalarAsync(TestEnvironment.Stop))!;
        await File.WriteAllTextAsync(Path.Combine(target, "backup_label"), label);
        await TestDirectory.GiveToServerUserAsync(target);
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(TestEnvironment.Stop);
    }

    private static void Empty(string directory)
    {
        foreach (var entry in new DirectoryInfo(directory).EnumerateFileSystemInfos())
        {
            if (entry is DirectoryInfo child) child.Delete(recursive: true);
            else entry.Delete();
        }
    }

    private static string Conninfo(TestServer primary, TestStandbyOptions options) =>
        $"host={primary.Address} port={primary.Port} user=postgres password={primary.Password} application_name={options.ApplicationName}";

    private static Dictionary<string, string> FollowSettings(TestServer primary, TestStandbyOptions options)
    {
        var settings = new Dictionary<string, string>(options.Settings, StringComparer.Ordinal);
        if (primary.Major < 12) return settings;
        settings["primary_conninfo"] = Conninfo(primary, options);
        settings["primary_slot_name"] = options.SlotName;
        return settings;
    }

    private static async Task WriteRecoveryAsync(TestServer primary, TestStandbyOptions options, TestServer server)
    {
        var file = Path.Combine(server.DataDirectory, primary.Major < 12 ? "recovery.conf" : "standby.signal");
        await File.WriteAllTextAsync(
            file,
            primary.Major >= 12
                ? ""
                : $"standby_mode = on\nrecovery_target_timeline = latest\nprimary_slot_name = '{options.SlotName}'\n"
                  + $"primary_conninfo = '{Conninfo(primary, options)}'\n");
        await TestDirectory.GiveToServerUserAsync(file);
    }
}
