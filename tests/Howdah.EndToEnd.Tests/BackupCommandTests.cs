using System.Diagnostics;
using System.Text.Json;
using Howdah.Integration.Tests.Fixtures;

namespace Howdah.EndToEnd.Tests;

/// <summary>howdah backup and howdah restore as a user has them, where they meet damage, a full disk, and <c>kill -9</c>.</summary>
public sealed class BackupCommandTests
{
    private const int Corruption = 15;
    private const int DiskFull = 18;

    /// <summary>Since PostgreSQL 14 what a WAL sender was told to do is in its row.</summary>
    private const string BaseBackups = "select count(*) from pg_stat_activity where backend_type = 'walsender' and query ~ 'BASE_BACKUP'";

    [Fact]
    public async Task A_damaged_page_is_told_and_the_backup_counts_for_nothing()
    {
        await using var lab = await Lab.UpAsync(new LabOptions { HasStandby = false });
        await lab.SqlAsync("master", "create table item as select n, md5(n::text) as text from generate_series(1, 5000) as n");
        await lab.SqlAsync("master", "checkpoint");
        var path = await lab.SqlAsync("master", "select pg_relation_filepath('item')");
        var promised = await BackupStatusAsync(lab);
        FlipBit(Path.Combine(lab.DataOf("master"), path), offset: (3 * 8192) + 4000);

        var backup = await lab.TryHowdahAsync("backup");
        Assert.True(backup.ExitCode == Corruption, backup.Everything);
        Assert.Contains($"howdah: page checksum failed: {path} block 3", backup.Error);
        Assert.Contains("1 damaged", await lab.HowdahAsync("backups"));
        Assert.Equal(2, SnapshotsOf(lab).Count);

        var status = await BackupStatusAsync(lab);
        Assert.Equal(
            (1, promised.GetProperty("last_backup_at").GetString(), promised.GetProperty("restorable_from").GetString()),
            (status.GetProperty("snapshots").GetInt32(), status.GetProperty("last_backup_at").GetString(),
                status.GetProperty("restorable_from").GetString()));
        var barman = await lab.TryBarmanAsync("check", Lab.Name);
        Assert.Contains("failed backups: FAILED (there are 1 failed backups)", barman.Output);

        // Alone it is no backup at all.
        Directory.Delete(SnapshotsOf(lab)[0], recursive: true);
        Assert.Equal(0, (await BackupStatusAsync(lab)).GetProperty("snapshots").GetInt32());
        Assert.NotEqual(0, (await lab.TryHowdahAsync("status")).ExitCode);
        Assert.Contains("take the first base backup", (await lab.TryHowdahAsync("plan")).Output);
    }

    [Fact]
    public async Task A_full_disk_fails_the_backup_cleanly_and_with_room_the_next_one_works()
    {
        await using var disk = await SmallDisk.MountAsync(192);
        await using var lab = await Lab.UpAsync(
            new LabOptions { HasStandby = false, Repository = Path.Combine(disk.Path, "repository") });
        var filler = await disk.FillAsync();
        await using (var file = new FileStream(filler, FileMode.Open))
            file.SetLength(file.Length - (8 << 20));

        var full = await lab.TryHowdahAsync("backup");
        Assert.True(full.ExitCode == DiskFull, full.Everything);
        Assert.Contains("disk-full", full.Error);
        Assert.Contains("no space left", full.Error);
        Assert.Single(EntriesOf(lab));

        File.Delete(filler);
        await lab.HowdahAsync("backup");
        Assert.Equal(2, EntriesOf(lab).Count);
        Assert.Equal(2, SnapshotsOf(lab).Count);
        await lab.HowdahAsync("drill");
    }

    [Fact]
    public async Task What_kill_9_leaves_of_a_backup_is_cleaned_by_the_next_and_of_a_restore_by_the_next_try()
    {
        await using var lab = await Lab.UpAsync(new LabOptions { HasStandby = false });
        using (var backup = TestCommand.Start([HowdahBinary.Path, "backup", "--rate-limit", "2MiB"], lab.Environment()))
        {
            await AwaitMiddleAsync(lab);
            await KillAsync(backup);
        }

        Assert.Single(SnapshotsOf(lab));
        using (var listed = JsonDocument.Parse(await lab.HowdahAsync("backups", "--json")))
            Assert.Equal(1, listed.RootElement.GetProperty("snapshots").GetArrayLength());
        Assert.NotEqual(EntriesOf(lab), SnapshotsOf(lab));
        await lab.HowdahAsync("backup");
        Assert.Equal(EntriesOf(lab), SnapshotsOf(lab));
        Assert.Equal(2, SnapshotsOf(lab).Count);
        await KillRestoreAsync(lab);
    }

    [Fact]
    public async Task Interrupted_it_ends_with_the_code_of_its_signal_and_leaves_nothing_behind()
    {
        await using var lab = await Lab.UpAsync(new LabOptions { HasStandby = false });
        foreach (var (signal, exitCode) in new[] { (ProcessTree.SigInt, 130), (ProcessTree.SigTerm, 143) })
        {
            var before = EntriesOf(lab);
            using var backup = TestCommand.Start([HowdahBinary.Path, "backup", "--rate-limit", "1MiB"], lab.Environment());
            await AwaitMiddleAsync(lab);
            Assert.Equal("1", await lab.SqlAsync("master", BaseBackups));
            ProcessTree.Signal(backup.Id, signal);
            await backup.WaitForExitAsync(TestEnvironment.Stop).WaitAsync(TimeSpan.FromSeconds(5));
            var said = await backup.StandardError.ReadToEndAsync(TestEnvironment.Stop);
            Assert.True(backup.ExitCode == exitCode, $"exit code {backup.ExitCode}\n{said}");
            Assert.Equal("", await backup.StandardOutput.ReadToEndAsync(TestEnvironment.Stop));
            Assert.Equal(before, EntriesOf(lab));
            await TestWait.UntilAsync(
                "the primary sends the backup no more",
                async () => await lab.SqlAsync("master", BaseBackups) == "0",
                TimeSpan.FromSeconds(5));
        }

        await lab.HowdahAsync("backup");
        Assert.Equal(2, SnapshotsOf(lab).Count);
    }

    [Fact]
    public async Task The_cluster_files_rate_limit_holds_for_a_backup_and_for_a_standbys_copy()
    {
        await using var lab = await Lab.UpAsync(new LabOptions { RateLimit = "8MiB" });
        // The server pauses after each eighth of a second's bytes (basebackup_throttle.c), so the last part is free.
        var least = TimeSpan.FromSeconds((BytesIn(SnapshotsOf(lab)[0]) / (double)(8 << 20)) - 0.25);
        Assert.True(least > TimeSpan.FromSeconds(2), $"{least} is too little to tell");

        foreach (var command in new string[][] { ["backup"], ["standby", "rebuild", "slave"] })
        {
            var watch = Stopwatch.StartNew();
            await lab.HowdahAsync(command);
            Assert.True(watch.Elapsed >= least, $"howdah {string.Join(' ', command)} took {watch.Elapsed}, and not {least} or more");
        }

        // A busy machine is slow without a limit, too: the server was asked for this one each time, also by howdah up before.
        var log = await File.ReadAllLinesAsync(Path.Combine(lab.Home, "nodes", "master", "postgresql.log"), TestEnvironment.Stop);
        var asked = log.Where(line => line.Contains("received replication command: BASE_BACKUP")).ToList();
        Assert.Equal(4, asked.Count);
        Assert.All(asked, line => Assert.Contains("MAX_RATE 8192", line));
    }

    /// <summary>Kills a restore that cannot end, since one of the snapshot's files does not open.</summary>
    private static async Task KillRestoreAsync(Lab lab)
    {
        var snapshot = SnapshotsOf(lab)[^1];
        var file = Path.Combine(snapshot, "data", "base", "1", "1255");
        File.Move(file, lab.File("aside"));
        await TestCommand.RunAsync(["mkfifo", "-m", "666", file]);
        var copy = lab.File("copy");
        using (var restore = TestCommand.Start([HowdahBinary.Path, "restore", "--to", copy], lab.Environment()))
        {
            await TestWait.UntilAsync("the restore is in the middle", () => Directory.Exists(copy) && BytesIn(copy) > 4 << 20);
            await KillAsync(restore);
        }

        File.Delete(file);
        File.Move(lab.File("aside"), file);
        Assert.False(File.Exists(Path.Combine(copy, "global", "pg_control")));
        var again = await lab.TryHowdahAsync("restore", "--to", copy);
        Assert.True(again.ExitCode == 0, again.Everything);
        Assert.Contains($"{copy} holds what an interrupted restore left, of snapshot {Path.GetFileName(snapshot)}", again.Error);
        Assert.True(File.Exists(Path.Combine(copy, "global", "pg_control")));

        // Nothing of it has touched the repository.
        await lab.HowdahAsync("drill");
        Assert.Equal(EntriesOf(lab), SnapshotsOf(lab));
    }

    private static Task AwaitMiddleAsync(Lab lab) => TestWait.UntilAsync("the backup is in the middle", () =>
        EntriesOf(lab).FirstOrDefault(path => path.EndsWith(".draft")) is { } draft && BytesIn(draft) > 2 << 20);

    private static async Task KillAsync(Process process)
    {
        Assert.False(process.HasExited);
        ProcessTree.Signal(process.Id, ProcessTree.SigKill);
        await process.WaitForExitAsync(TestEnvironment.Stop);
    }

    private static async Task<JsonElement> BackupStatusAsync(Lab lab)
    {
        using var status = JsonDocument.Parse((await lab.TryHowdahAsync("status", "--json")).Output);
        return status.RootElement.GetProperty("backup").Clone();
    }

    private static List<string> EntriesOf(Lab lab) =>
        [.. Directory.GetFileSystemEntries(Path.Combine(lab.Repository, "snapshots")).Order(StringComparer.Ordinal)];

    private static List<string> SnapshotsOf(Lab lab) => [.. EntriesOf(lab).Where(path => File.Exists(Path.Combine(path, "snapshot.json")))];

    private static long BytesIn(string directory) => Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories)
        .Sum(static path => new FileInfo(path) is { Exists: true } file ? file.Length : 0);

    private static void FlipBit(string path, long offset)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
        var octet = new byte[1];
        RandomAccess.Read(file, octet, offset);
        octet[0] ^= 0x40;
        RandomAccess.Write(file, octet, offset);
    }
}
