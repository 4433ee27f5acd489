using Howdah.Integration.Tests.Fixtures;

namespace Howdah.Integration.Tests.Barman;

/// <summary>The acceptance list of the 2021 lab, on real servers.</summary>
public sealed class BarmanLabTests
{
    private const string HealthyWithoutBackups = """
        Server master.local:
        	PostgreSQL: OK
        	superuser or standard user with backup privileges: OK
        	PostgreSQL streaming: OK
        	wal_level: OK
        	replication slot: OK
        	directories: OK
        	retention policy settings: OK
        	backup maximum age: OK (no last_backup_maximum_age provided)
        	backup minimum size: OK (0 B)
        	wal maximum age: OK (no last_wal_maximum_age provided)
        	wal size: OK (0 B)
        	compression settings: OK
        	failed backups: OK (there are 0 failed backups)
        	minimum redundancy requirements: OK (have 0 non-incremental backups, expected at least 0)
        	pg_basebackup: OK
        	pg_basebackup compatible: OK
        	pg_basebackup supports tablespaces mapping: OK
        	systemid coherence: OK (no system Id stored on disk)
        	pg_receivexlog: OK
        	pg_receivexlog compatible: OK
        	receive-wal running: OK
        	archiver errors: OK

        """;

    [Theory]
    [MemberData(nameof(SupportedMajors.Tested), MemberType = typeof(SupportedMajors))]
    public async Task The_lab_answers_as_Barman_does(int major)
    {
        await using var lab = await BarmanLab.CreateAsync(major);
        await lab.CreateSlotAsync();
        await lab.StartReceiverAsync();

        await AssertSwitchAsync(lab);
        var check = await lab.RunAsync("check", "master.local");
        Assert.Equal(HealthyWithoutBackups, check.Output + check.Error);
        Assert.Equal(0, check.ExitCode);
        Assert.Equal(
            new BarmanAnswer(
                0, "BARMAN OK - Ready to serve the Espresso backup for master.local|master.local=0B master.local_wals=0B\n", ""),
            await lab.RunAsync("check", "--nagios", "master.local"));

        await AssertReplicationStatusAsync(lab);
        await AssertStatusAsync(lab);
        await AssertSwitchAsync(lab);
        await AssertBackupAsync(lab);
    }

    [Fact]
    public async Task A_stopped_receiver_and_a_missing_slot_are_told_and_block_what_they_must()
    {
        await using var lab = await BarmanLab.CreateAsync(SupportedMajors.Default);
        var missing = await lab.RunAsync("check", "master.local");
        Assert.Equal(1, missing.ExitCode);
        Assert.Contains("\tWAL archive: FAILED (please make sure WAL shipping is setup)\n", missing.Output, StringComparison.Ordinal);
        Assert.Contains("\treplication slot: FAILED (replication slot 'barman' doesn't exist.", missing.Output, StringComparison.Ordinal);
        Assert.Contains("\treceive-wal running: FAILED (nobody streams through slot 'barman'", missing.Output, StringComparison.Ordinal);

        await lab.CreateSlotAsync();
        var inactive = await lab.RunAsync("-f", "json", "check", "master.local");
        Assert.Contains(
            "\"replication_slot\": {\"hint\": \"slot 'barman' not active: is 'receive-wal' running?\", \"status\": \"FAILED\"}",
            inactive.Output,
            StringComparison.Ordinal);
        var late = await lab.RunAsync("switch-wal", "--force", "--archive", "--archive-timeout", "1", "master.local");
        Assert.Equal(1, late.ExitCode);
        Assert.Matches("^ERROR: The WAL file [0-9A-F]{24} has not been received in 1 seconds\n$", late.Error);
        var backup = await lab.RunAsync("backup", "master.local");
        Assert.Equal((1, ""), (backup.ExitCode, backup.Output));
        Assert.StartsWith(
            "ERROR: Impossible to start the backup. Check the log for more details, or run 'barman check master.local'\n",
            backup.Error,
            StringComparison.Ordinal);
        Assert.Equal(2, (await lab.RunAsync("check", "--nagios", "all")).ExitCode);
    }

    [Fact]
    public async Task After_a_failover_the_new_primary_is_asked_without_a_change_of_files()
    {
        await using var lab = await BarmanLab.CreateAsync(SupportedMajors.Default);
        await lab.Primary.KillAsync();
        var down = await lab.RunAsync("check", "master.local");
        Assert.Equal(1, down.ExitCode);
        Assert.Matches(
            @"\n\tPostgreSQL: FAILED \(master: .*; slave is a standby\)\n\treplication slot: FAILED \(not evaluated", down.Output);
        Assert.Equal(new BarmanAnswer(1, "", "ERROR: Unable to connect to server master.local\n"),
            await lab.RunAsync("replication-status", "all"));
        Assert.Equal(new BarmanAnswer(1, "", "ERROR: Unable to perform pg_switch_wal for server 'master.local'.\n"),
            await lab.RunAsync("switch-wal", "all"));

        await lab.Standby.PromoteAsync();
        var promoted = await lab.RunAsync("status", "master.local");
        Assert.Contains($"\tPostgreSQL Data directory: {lab.Standby.DataDirectory}\n", promoted.Output, StringComparison.Ordinal);
        Assert.Contains("\tPostgreSQL: OK\n", (await lab.RunAsync("check", "all")).Output, StringComparison.Ordinal);
    }

    private static async Task AssertBackupAsync(BarmanLab lab)
    {
        var answer = await lab.RunAsync("backup", "--wait", "--name", "nightly", "master.local");
        Assert.Equal((0, ""), (answer.ExitCode, answer.Error));
        Assert.Matches(
            $"""
            ^Starting backup using postgres method for server master.local in {lab.Model.Backup.RepositoryDirectory}/snapshots/(?<id>\w+)
            Backup start at LSN: 0/\w+ \([0-9A-F]{"{24}"}, [0-9A-F]{"{8}"}\)
            Starting backup copy via pg_basebackup for \k<id>
            Copy done \(time: .*\)
            Finalising the backup.
            This is the first backup for server master.local
            Backup size: \d+\.\d MiB
            Backup end at LSN: 0/\w+ \((?<end>[0-9A-F]{"{24}"}), [0-9A-F]{"{8}"}\)
            Backup completed \(start time: .*, elapsed time: .*\)
            Waiting for the WAL file \k<end> from server 'master.local'
            Processing xlog segments from streaming for master.local \(batch size: \d+\)
            (\t[0-9A-F]{"{24}"}
            )*\t\k<end>
            $
            """,
            answer.Output);
        var list = await lab.RunAsync("list-backups", "master.local");
        Assert.Matches(
            @"^master\.local \w+ 'nightly' - F - \w{3} \w{3} [ \d]\d [\d:]{8} \d{4} - Size: \d+\.\d MiB - WAL Size: \d+(\.\d M)? ?i?B\n$",
            list.Output);
        var show = await lab.RunAsync("show-backup", "master.local", "latest");
        Assert.Contains("  Backup Name            : nightly\n", show.Output, StringComparison.Ordinal);
        Assert.Contains("    Backup Method        : postgres\n", show.Output, StringComparison.Ordinal);
        var check = await lab.RunAsync("check", "master.local");
        Assert.Equal(0, check.ExitCode);
        Assert.Contains("\tsystemid coherence: OK\n", check.Output, StringComparison.Ordinal);
        Assert.Contains("(have 1 non-incremental backups, expected at least 0)", check.Output, StringComparison.Ordinal);
    }

    private static async Task AssertSwitchAsync(BarmanLab lab)
    {
        var segment = await lab.Primary.ScalarAsync("select pg_walfile_name(pg_current_wal_insert_lsn())");
        var answer = await lab.RunAsync("switch-wal", "--force", "--archive", "master.local");
        Assert.Equal((0, ""), (answer.ExitCode, answer.Error));
        // A receiver that has just begun may finish an older segment in the meantime, which is then told too.
        Assert.Matches(
            $"""
            ^The WAL file {segment} has been closed on server 'master\.local'
            Waiting for the WAL file {segment} from server 'master\.local' \(max: 30 seconds\)
            Processing xlog segments from streaming for master\.local \(batch size: \d+\)
            (\t[0-9A-F]{"{24}"}
            )*\t{segment}
            $
            """,
            answer.Output);
    }

    private static async Task AssertReplicationStatusAsync(BarmanLab lab)
    {
        // The server writes now and then by itself, so the standby is not always at the very end.
        var answer = new BarmanAnswer(0, "", "");
        await TestWait.UntilAsync("the standby has replayed everything", async () =>
        {
            answer = await lab.RunAsync("replication-status", "master.local");
            return answer.Output.Contains("5/5 Hot standby (max)", StringComparison.Ordinal);
        });
        Assert.Equal((0, ""), (answer.ExitCode, answer.Error));
        Assert.StartsWith(
            "Status of streaming clients for server 'master.local':\n  Current LSN on master: 0/", answer.Output, StringComparison.Ordinal);
        foreach (var line in (string[])
        [
            "  Number of streaming clients: 2", "     Application name: walreceiver", "     Application name: barman_receive_wal",
            "     Sync stage      : 5/5 Hot standby (max)", "     Replication slot: slave", "     Replication slot: barman",
            "     User name       : streaming_barman", "     Current state   : streaming (async)",
        ])
        {
            Assert.Contains(line + "\n", answer.Output, StringComparison.Ordinal);
        }

        Assert.Matches(@"\n  [12]\. Async standby\n", answer.Output);
        Assert.Matches(@"\n  [12]\. Async WAL streamer\n", answer.Output);
        Assert.Matches(@"\n     Started at      : \d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{6})?[+-]\d\d:\d\d\n", answer.Output);
        var minimal = await lab.RunAsync("replication-status", "--minimal", "--target", "wal-streamer", "master.local");
        Assert.Matches(
            @"^Wal streamers for master 'master\.local' \(LSN @ 0/[0-9A-F]+\):\n  1\. W\) streaming_barman@127\.0\.0\.1 S:0/\w+ W:0/\w+ "
                + "P:0 AN:barman_receive_wal\n$",
            minimal.Output);
    }

    private static async Task AssertStatusAsync(BarmanLab lab)
    {
        var status = await lab.RunAsync("status", "all");
        Assert.Equal(0, status.ExitCode);
        Assert.Contains("\tCluster state: in production\n", status.Output, StringComparison.Ordinal);
        Assert.Matches(@"\tPostgreSQL version: \d+\.\d+\n", status.Output);
        Assert.Matches(@"\tCurrent data size: \d+\.\d MiB\n", status.Output);
        Assert.Contains($"\tPostgreSQL Data directory: {lab.Primary.DataDirectory}\n", status.Output, StringComparison.Ordinal);
        Assert.Contains("\tFirst available backup: None\n", status.Output, StringComparison.Ordinal);
    }
}
