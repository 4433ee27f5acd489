using System.Globalization;
using System.Text.Json;
using Howdah.Integration.Tests.Fixtures;
using Howdah.Integration.Tests.Server;
using Howdah.Operations.Drill;
using Howdah.Repository.Drills;

namespace Howdah.Integration.Tests.Restore;

/// <summary>
/// A drill of a primary whose settings reach out to everybody: the running copy is looked at from outside while it answers its query.
/// </summary>
public sealed class DrillIsolationTests
{
    private const string Look =
        """
        select current_setting('listen_addresses') as addresses,
            current_setting('archive_mode') as archive_mode,
            current_setting('archive_command') as archive_command,
            current_setting('synchronous_standby_names') as waits_for,
            current_setting('max_logical_replication_workers') as workers,
            (select count(*) from pg_subscription) as subscriptions,
            (select count(*) from pg_stat_wal_receiver) as receivers,
            (select count(*) from pg_stat_replication) as followers,
            (select count(*) from pg_stat_activity where backend_type like 'logical replication%') as launchers
        """;

    [Theory]
    [MemberData(nameof(SupportedMajors.Ends), MemberType = typeof(SupportedMajors))]
    public async Task The_copy_has_no_network_archives_nothing_and_follows_nobody(int major)
    {
        if (await Unprivileged.HasRunElsewhereAsync(major))
            return;
        await using var scene = await RestoreScene.CreateAsync(major);
        await ReachOutAsync(scene);
        await scene.BackupAsync();
        await scene.StoreWalAsync();

        var drilling = DrillAsync(scene);
        var copy = await TestWait.ForAsync("the copy answers its query", () => Task.FromResult(
            File.Exists(scene.File("asked")) ? Directory.GetDirectories(scene.File("s")).Single() : null));
        var pid = int.Parse(File.ReadLines(Path.Combine(copy, "data", "postmaster.pid")).First(), CultureInfo.InvariantCulture);
        var processes = ProcessTree.WithChildren(pid);
        Assert.NotEmpty(NetworkSocketsOf(ProcessTree.WithChildren(scene.Primary.Postmaster)));
        Assert.Empty(NetworkSocketsOf(processes));
        Assert.DoesNotContain("walreceiver", string.Concat(processes.Select(ProcessTree.CommandLineOf)), StringComparison.Ordinal);
        await File.WriteAllTextAsync(scene.File("go"), "");

        var record = await drilling;
        Assert.Null(record.WhatFailed());
        Assert.Null(record.QueryFailure);
        using var answer = JsonDocument.Parse(record.Answer!);
        Assert.Equal(
            "addresses= archive_mode=off archive_command=(disabled) waits_for= workers=0 "
            + "subscriptions=1 receivers=0 followers=0 launchers=0",
            string.Join(' ', answer.RootElement.EnumerateObject().Select(static field => $"{field.Name}={field.Value}")));
        Assert.Empty(Directory.GetFiles(scene.File("."), "archived.*"));
    }

    /// <summary>What must not come to life in a copy. The primary itself has read none of the settings: they lie in its files.</summary>
    private static async Task ReachOutAsync(RestoreScene scene)
    {
        await scene.Primary.ExecuteAsync("create table mark as select 1 as n");
        await scene.Primary.ExecuteAsync(
            $"create subscription reaching connection '{scene.Primary.Conninfo}' publication everything "
            + "with (connect = false, slot_name = 'any')");
        await scene.Primary.ExecuteAsync("alter subscription reaching enable");
        string[] settings =
        [
            "archive_mode = 'on'",
            $"archive_command = 'touch {scene.File("archived")}.%f'",
            "synchronous_standby_names = 'nobody'",
            "listen_addresses = '*'",
        ];
        foreach (var setting in settings)
            await scene.Primary.ExecuteAsync($"alter system set {setting}");
        if (scene.Major >= 12)
            await scene.Primary.ExecuteAsync($"alter system set primary_conninfo = '{scene.Primary.Conninfo}'");
    }

    /// <summary>Its query says that it runs, and waits until somebody has looked.</summary>
    private static Task<DrillRecord> DrillAsync(RestoreScene scene)
    {
        var wait = "do $$ begin while (pg_stat_file('" + scene.File("go") + "', true)).size is null loop perform pg_sleep(0.02); "
            + "end loop; end $$";
        var options = new DrillOptions
        {
            Scratch = scene.File("s"),
            FetchProgram = BuiltProgram.Path,
            Query = $"copy (select 1) to '{scene.File("asked")}'; {wait}; {Look}",
            BinDirectories = [scene.Primary.Installation.BinDirectory],
        };
        return new DrillOperation(scene.Repository, options, TimeProvider.System).RunAsync(TestEnvironment.Stop);
    }

    /// <summary>The TCP sockets among the open files of processes; a UDP one the statistics collector has to itself, up to 14.</summary>
    private static List<string> NetworkSocketsOf(IEnumerable<int> processes)
    {
        // proc_net(5): the tenth column is the inode, which /proc/PID/fd names, too.
        var network = new[] { "tcp", "tcp6" }.Select(static name => $"/proc/net/{name}").Where(File.Exists)
            .SelectMany(static file => File.ReadLines(file).Skip(1))
            .Select(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[9])
            .ToHashSet(StringComparer.Ordinal);
        return
        [
            .. processes.SelectMany(static process => Directory.EnumerateFiles($"/proc/{process}/fd"))
                .Select(static descriptor => new FileInfo(descriptor).LinkTarget ?? "")
                .Where(target => target.StartsWith("socket:[", StringComparison.Ordinal) && network.Contains(target[8..^1])),
        ];
    }
}
