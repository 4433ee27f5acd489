using Howdah.Core.Wal;
using Howdah.Integration.Tests.Fixtures;
using Howdah.Operations.Backup;
using Howdah.Postgres.ConnectionStrings;
using Howdah.Postgres.DataDirectory;
using Howdah.Postgres.Replication;

namespace Howdah.Integration.Tests.Backup;

/// <summary>Steps that the backup tests share.</summary>
internal static class BackupScene
{
    public static ConnectionSettings SettingsOf(TestServer server) =>
        ConnectionStringParser.Parse(server.Conninfo, ConnectionDefaults.Empty);

    /// <summary>About 40 MB of table, index and TOAST.</summary>
    public static async Task FillAsync(TestServer server)
    {
        await server.ExecuteAsync("create table item as select n, md5(n::text) as text from generate_series(1, 300000) as n");
        await server.ExecuteAsync("create index on item (n); create unlogged table volatile as select 1 as n");
        await server.ExecuteAsync("checkpoint");
    }

    public static async Task<BaseBackupResult> TakeAsync(
        TestServer server, DirectorySinkOptions sinkOptions, BaseBackupRunnerOptions? options = null)
    {
        await using var connection = await ReplicationConnection.OpenAsync(SettingsOf(server), TimeProvider.System, TestEnvironment.Stop);
        await using var sink = new DirectorySink(sinkOptions);
        return await new BaseBackupRunner(connection, TimeProvider.System)
            .RunAsync(sink, options ?? new BaseBackupRunnerOptions(), NoBackupObserver.Instance, TestEnvironment.Stop);
    }

    /// <summary>Copies the WAL that the backup needs from the server's own pg_wal.</summary>
    public static void CopyWal(TestServer server, BaseBackupResult result, string dataDirectory)
    {
        var first = WalSegment.Containing(result.StartTimeline, result.Range.Start, result.SegmentSize);
        for (var segment = first; segment.Start < result.Range.End; segment = segment.Next)
            File.Copy(Path.Combine(server.DataDirectory, "pg_wal", segment.Name), Path.Combine(dataDirectory, "pg_wal", segment.Name));
    }

    /// <summary>Gives the adopted server's data directory to the server user, makes it its own and starts it.</summary>
    public static async Task StartAsync(TestServer restored, TestServerOptions options)
    {
        await restored.WriteSettingsAsync(options);
        await TestDirectory.GiveToServerUserAsync(restored.Directory);
        await restored.StartAgainAsync();
    }

    /// <summary>Flips a bit in the middle of a page of a stopped server's file; answers file and block.</summary>
    public static void Damage(string dataDirectory, string path, int block)
    {
        using var file = File.OpenHandle(Path.Combine(dataDirectory, path), FileMode.Open, FileAccess.ReadWrite);
        var page = new byte[PageHeader.PageBytes];
        RandomAccess.Read(file, page, (long)block * PageHeader.PageBytes);
        Assert.False(PageHeader.Read(page).IsNew);
        page[4000] ^= 0x40;
        RandomAccess.Write(file, page, (long)block * PageHeader.PageBytes);
    }

    public static void AssertNothingIn(string directory) => Assert.False(Path.Exists(directory), $"{directory} is still there");
}
