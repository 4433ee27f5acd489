using Howdah.Integration.Tests.Fixtures;
using Howdah.Integration.Tests.Server;
using Howdah.Operations.Backup;
using Howdah.Postgres.Replication;

namespace Howdah.Integration.Tests.Backup;

/// <summary>What a backup takes of the machine's memory, measured in a process that does nothing else.</summary>
public sealed class BackupMemoryTests
{
    private const int Tables = 20_000;

    [Fact]
    public async Task A_database_of_very_many_files_is_backed_up_in_little_memory()
    {
        if (await Unprivileged.HasRunElsewhereAsync())
            return;
        var settings = new Dictionary<string, string> { ["max_locks_per_transaction"] = "1000", ["autovacuum"] = "off" };
        await using var server = await TestServer.StartAsync(new TestServerOptions { Settings = settings });

        // The first one compiles the code and fills the pools.
        var few = await MeasureAsync(server, "few");
        await MakeTablesAsync(server);
        var many = await MeasureAsync(server, "many");
        TestContext.Current.TestOutputHelper?.WriteLine($"{few}\n{many}");
        Assert.InRange(many.Files, few.Files + Tables, long.MaxValue);

        // ReceivedFiles is documented as 24 bytes a file, and its list may have doubled a moment ago.
        Assert.InRange((many.KeptBytes - few.KeptBytes) / (many.Files - few.Files), 0, 60);
        Assert.InRange(many.PeakBytes, 0, 128 << 20);
    }

    private static async Task MakeTablesAsync(TestServer server)
    {
        await using var connection = await server.ConnectAsync();
        await using var command = new Npgsql.NpgsqlCommand(
            $"do $$ begin for i in 1..{Tables} loop execute 'create table t' || i || ' (n int)'; end loop; end $$", connection)
        {
            CommandTimeout = 120,
        };
        await command.ExecuteNonQueryAsync(TestEnvironment.Stop);
    }

    private static async Task<Taken> MeasureAsync(TestServer server, string name)
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var kept = 0L;
        var observer = new ActAt(
            BackupPhase.Finishing, 0, () => kept = GC.GetTotalMemory(forceFullCollection: true) - before);
        await ProcessMemory.ForgetPeakAsync();
        var resident = ProcessMemory.Resident;
        await using var connection = await ReplicationConnection.OpenAsync(
            BackupScene.SettingsOf(server), TimeProvider.System, TestEnvironment.Stop);
        await using var sink = new DirectorySink(new DirectorySinkOptions { DataDirectory = Path.Combine(server.Directory, name) });
        var result = await new BaseBackupRunner(connection, TimeProvider.System)
            .RunAsync(sink, new BaseBackupRunnerOptions(), observer, TestEnvironment.Stop);
        Assert.True(observer.Acted);
        return new Taken(result.Files, kept, ProcessMemory.PeakResident - resident);
    }

    /// <param name="Files">Files of the backup.</param>
    /// <param name="KeptBytes">Managed memory in use when all of them had been received, above what it was at the start.</param>
    /// <param name="PeakBytes">Growth of the process at its largest moment, garbage included.</param>
    private sealed record Taken(long Files, long KeptBytes, long PeakBytes);
}
