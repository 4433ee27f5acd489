using System.Text.Json;

namespace Howdah.EndToEnd.Tests;

/// <summary>The native binary under the name barman: what it says is Barman's, for people and, with <c>-f json</c>, for programs.</summary>
public sealed class BarmanTests
{
    private const string Wal = "[0-9A-F]{24}";

    [Fact]
    public async Task Barman_speaks_of_the_lab()
    {
        await using var lab = await Lab.UpAsync();
        var switched = await lab.TryBarmanAsync("switch-wal", "--force", "--archive", Lab.Name);
        Assert.True(switched.ExitCode == 0, switched.Everything);
        Assert.Contains($"has been closed on server '{Lab.Name}'", switched.Output);
        Assert.Contains($"Processing xlog segments from streaming for {Lab.Name}", switched.Output);

        var check = await lab.TryBarmanAsync("check", Lab.Name);
        Assert.True(check.ExitCode == 0, check.Everything);
        Assert.StartsWith($"Server {Lab.Name}:\n", check.Output);
        Assert.DoesNotContain("FAILED", check.Output);
        Assert.Contains("\treceive-wal running: OK", check.Output);

        await ListsServersAsync(lab);
        await TellsStatusAsync(lab);
        await TellsReplicationAsync(lab);
        await BacksUpAsync(lab);
        await ListsBackupsAsync(lab);
        await ShowsTheBackupAsync(lab);
    }

    private static async Task ListsServersAsync(Lab lab)
    {
        const string description = "PostgreSQL 15 cluster master.local";
        Assert.Equal($"{Lab.Name} - {description}\n", await SayAsync(lab, "list-servers"));
        Assert.Equal(description, (await JsonAsync(lab, "list-servers")).GetProperty(Lab.Name).GetProperty("description").GetString());
    }

    private static async Task TellsStatusAsync(Lab lab)
    {
        var backup = Path.GetFileName(Assert.Single(SnapshotsOf(lab)));
        var status = await SayAsync(lab, "status", Lab.Name);
        Assert.Matches(
            $"""
            ^Server {Lab.Name}:
            	Description: PostgreSQL 15 cluster {Lab.Name}
            	Active: True
            	Disabled: False
            	Active configuration model: None
            	PostgreSQL version: 15\.\d+
            	Cluster state: in production
            	Current data size: \d+\.\d MiB
            	PostgreSQL Data directory: {lab.DataOf("master")}
            	Current WAL segment: {Wal}
            	Passive node: False
            	Retention policies: not enforced
            	No\. of available backups: 1
            	First available backup: {backup}
            	Last available backup: {backup}
            	Minimum redundancy requirements: satisfied \(1/0\)
            $
            """,
            status);

        // Each row of the console's has a key, with its label and its text, which is always one.
        var rows = (await JsonAsync(lab, "status", Lab.Name)).GetProperty(Lab.Name).EnumerateObject().ToList();
        Assert.Equal(
            [
                "active", "active_model", "backups_number", "current_size", "current_xlog", "data_directory", "description", "disabled",
                "first_backup", "is_in_recovery", "last_backup", "minimum_redundancy", "passive_node", "pg_version", "retention_policies",
            ],
            rows.Select(row => row.Name));
        Assert.All(rows.Where(row => row.Name != "current_size"), row => Assert.Contains(
            $"\t{row.Value.GetProperty("description").GetString()}: {row.Value.GetProperty("message").GetString()}\n", status));
    }

    private static async Task TellsReplicationAsync(Lab lab)
    {
        Assert.Matches(
            $"""
            ^Status of streaming clients for server '{Lab.Name}':
              Current LSN on master: 0/[0-9A-F]+
              Number of streaming clients: 2

              1\. Async (standby|WAL streamer)
                 Application name: (walreceiver|barman_receive_wal)
                 Sync stage      : \d/\d .*
                 Communication   : TCP/IP
                 IP Address      : 127\.[\d.]+ / Port: \d+ / Host: -
                 User name       : streaming_barman
                 Current state   : streaming \(async\)
                 Replication slot: (slave|barman)
                 WAL sender PID  : \d+

            """.TrimEnd(),
            await SayAsync(lab, "replication-status", Lab.Name));
        var json = (await JsonAsync(lab, "replication-status", Lab.Name)).GetProperty(Lab.Name);
        Assert.StartsWith("0/", json.GetProperty("server_lsn").GetString());
        var clients = json.GetProperty("streaming_clients").EnumerateArray().ToList();
        Assert.Equal(
            ["Async WAL streamer barman_receive_wal barman", "Async standby walreceiver slave"],
            clients.Select(client => string.Join(
                ' ', Texts(client, "name", "application_name", "replication_slot"))).Order(StringComparer.Ordinal));
        Assert.All(clients, client => Assert.Equal(JsonValueKind.Number, client.GetProperty("flush_lsn_diff_bytes").ValueKind));

        Assert.Matches(
            $@"^Hot standby servers for master '{Lab.Name}' \(LSN @ 0/[0-9A-F]+\):\n  1\. A\) streaming_barman@127\.[\d.]+ S:0/\w+ F:0/\w+ "
                + @"R:0/\w+ P:0 AN:walreceiver\n$",
            await SayAsync(lab, "replication-status", "--minimal", "--target", "hot-standby", Lab.Name));
    }

    private static async Task BacksUpAsync(Lab lab)
    {
        Assert.Matches(
            $"""
            ^Starting backup using postgres method for server {Lab.Name} in {lab.Repository}/snapshots/(?<id>\d+T\d+)
            Backup start at LSN: 0/\w+ \({Wal}, [0-9A-F]{"{8}"}\)
            Starting backup copy via pg_basebackup for \k<id>
            Copy done \(time: .*\)
            Finalising the backup\.
            Backup size: \d+\.\d MiB
            Backup end at LSN: 0/\w+ \((?<end>{Wal}), [0-9A-F]{"{8}"}\)
            Backup completed \(start time: .*, elapsed time: .*\)
            Waiting for the WAL file \k<end> from server '{Lab.Name}'
            Processing xlog segments from streaming for {Lab.Name} \(batch size: \d+\)
            (\t{Wal}
            )*\t\k<end>
            $
            """,
            await SayAsync(lab, "backup", "--wait", "--name", "nightly", Lab.Name));

        var made = await JsonAsync(lab, "backup", "--wait", Lab.Name);
        Assert.Equal(Path.GetFileName(SnapshotsOf(lab)[^1]), made.GetProperty("backup_id").GetString());
        Assert.Equal(["DONE", "postgres", Lab.Name], Texts(made, "status", "mode", "server_name"));
        Assert.Equal(150000, made.GetProperty("version").GetInt32() / 100 * 100);
        Assert.StartsWith("Starting backup using postgres method", made.GetProperty("_INFO")[0].GetString());
    }

    private static async Task ListsBackupsAsync(Lab lab)
    {
        var ids = SnapshotsOf(lab).Select(path => Path.GetFileName(path)!).Reverse().ToList();
        var list = await SayAsync(lab, "list-backups", Lab.Name);
        var rest = $@" - F - \w{{3}} \w{{3}} [ \d]\d [\d:]{{8}} \d{{4}} - Size: \d+\.\d MiB - WAL Size: (0 B|\d+\.\d [KM]iB)\n";
        Assert.Matches($"^{Lab.Name} {ids[0]}{rest}{Lab.Name} {ids[1]} 'nightly'{rest}{Lab.Name} {ids[2]}{rest}$", list);
        Assert.Equal(string.Join('\n', ids) + "\n", await SayAsync(lab, "list-backups", "--minimal", Lab.Name));

        var backups = (await JsonAsync(lab, "list-backups", Lab.Name)).GetProperty(Lab.Name).EnumerateArray().ToList();
        Assert.Equal(ids, backups.Select(backup => backup.GetProperty("backup_id").GetString()!));
        Assert.All(backups, backup => Assert.Equal(["DONE", "full", "-"], Texts(backup, "status", "backup_type", "retention_status")));
        Assert.All(backups, backup => Assert.InRange(backup.GetProperty("size_bytes").GetInt64(), 10 << 20, 1 << 30));
        Assert.Equal("nightly", backups[1].GetProperty("backup_name").GetString());
    }

    private static async Task ShowsTheBackupAsync(Lab lab)
    {
        var ids = SnapshotsOf(lab).Select(path => Path.GetFileName(path)!).ToList();
        var show = await SayAsync(lab, "show-backup", Lab.Name, "nightly");
        Assert.Matches(
            $"""
            ^Backup {ids[1]}:
              Backup Name            : nightly
              Server Name            : {Lab.Name}
              System Id              : \d+
              Status                 : DONE
              PostgreSQL Version     : 1500\d\d
              PGDATA directory       : {lab.DataOf("master")}
              Estimated Cluster Size : \d+\.\d MiB

            """,
            show);
        Assert.Contains("    Backup Method        : postgres\n", show);
        Assert.Contains($"    Previous Backup      : {ids[0]}\n    Next Backup          : {ids[2]}\n", show);

        var json = (await JsonAsync(lab, "show-backup", Lab.Name, "nightly")).GetProperty(Lab.Name);
        Assert.Equal([ids[1], "full", "DONE"], Texts(json, "backup_id", "backup_type", "status"));
        Assert.Equal([ids[0], ids[2]], Texts(json.GetProperty("catalog_information"), "previous_backup", "next_backup"));
        Assert.InRange(json.GetProperty("base_backup_information").GetProperty("copy_time_seconds").GetDouble(), 0.01, 600);
    }

    private static async Task<string> SayAsync(Lab lab, params string[] arguments)
    {
        var result = await lab.TryBarmanAsync(arguments);
        Assert.True(result is { ExitCode: 0, Error: "" }, result.Everything);
        return result.Output;
    }

    private static async Task<JsonElement> JsonAsync(Lab lab, params string[] arguments)
    {
        using var document = JsonDocument.Parse(await SayAsync(lab, ["-f", "json", .. arguments]));
        return document.RootElement.Clone();
    }

    private static IReadOnlyList<string?> Texts(JsonElement json, params string[] names) =>
        [.. names.Select(name => json.GetProperty(name).GetString())];

    private static List<string> SnapshotsOf(Lab lab) =>
        [.. Directory.GetDirectories(Path.Combine(lab.Repository, "snapshots")).Order(StringComparer.Ordinal)];
}
