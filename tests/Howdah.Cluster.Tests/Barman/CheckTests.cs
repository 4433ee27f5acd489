using Howdah.Barman.Checks;
using Howdah.Barman.Facts;
using Howdah.Barman.Output;
using Howdah.Postgres.Versions;

namespace Howdah.Cluster.Tests.Barman;

public sealed class CheckTests
{
    private const string HealthyLab = """
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

    [Fact]
    public void A_healthy_lab_without_backups_prints_what_Barman_prints() => Assert.Equal(HealthyLab, Console(LabFacts.Healthy));

    [Fact]
    public void A_healthy_lab_with_backups_and_limits_prints_the_measured_values()
    {
        var policy = LabFacts.Policy with { LastBackupMaximumAge = TimeSpan.FromHours(1), MinimumRedundancy = 2 };
        var facts = LabFacts.Healthy with { Policy = policy, Catalogue = Observed<CatalogueFacts>.Of(LabFacts.TwoBackups) };
        var lines = Console(facts);
        Assert.Contains(
            "\tbackup maximum age: OK (interval provided: 1 hour, latest backup age: 9 minutes, 52 seconds)\n",
            lines,
            StringComparison.Ordinal);
        Assert.Contains("\tbackup minimum size: OK (22.1 MiB)\n", lines, StringComparison.Ordinal);
        Assert.Contains(
            "\tminimum redundancy requirements: OK (have 2 non-incremental backups, expected at least 2)\n",
            lines,
            StringComparison.Ordinal);
        Assert.Contains("\tsystemid coherence: OK\n", lines, StringComparison.Ordinal);
    }

    [Fact]
    public void With_PostgreSQL_down_the_cause_stands_once_and_nothing_unknown_is_OK()
    {
        const string expected = """
            Server master.local:
            	PostgreSQL: FAILED (connection refused by 127.0.10.2:5432)
            	replication slot: FAILED (not evaluated: PostgreSQL cannot be reached)
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
            	pg_basebackup compatible: FAILED (not evaluated: PostgreSQL cannot be reached)
            	systemid coherence: FAILED (no system Id available, not evaluated: PostgreSQL cannot be reached)
            	pg_receivexlog: OK
            	pg_receivexlog compatible: FAILED (not evaluated: PostgreSQL cannot be reached)
            	receive-wal running: FAILED (not connected to the primary for 12 seconds)
            	archiver errors: OK
            """;
        Assert.Equal(expected, Console(LabFacts.PostgresDown));
    }

    [Fact]
    public void An_unreadable_repository_leaves_no_line_about_it_OK()
    {
        var facts = LabFacts.Healthy with { Catalogue = Observed<CatalogueFacts>.Unknown("permission denied on /repo") };
        var failed = CheckEvaluation.Evaluate(facts).Failed.Select(line => line.Label);
        string[] expected =
        [
            "WAL archive", "directories", "backup maximum age", "backup minimum size", "wal maximum age", "wal size", "failed backups",
            "minimum redundancy requirements", "systemid coherence", "archiver errors",
        ];
        Assert.Equal(expected, failed);
        Assert.Contains("\tWAL archive: FAILED (not evaluated: permission denied on /repo)\n", Console(facts), StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_slot_is_FAILED_without_advice_that_would_hide_a_hole() =>
        AssertOnlyFailure(
            LabFacts.Healthy with { Slot = Observed<SlotFacts>.Of(new SlotFacts()) },
            "replication slot: FAILED (replication slot 'barman' doesn't exist. Please execute 'howdah up', or start the agent, which creates it and reports "
            + "what WAL was lost)");

    [Fact]
    public void An_inactive_slot_is_FAILED() =>
        AssertOnlyFailure(
            LabFacts.Healthy with { Slot = Observed<SlotFacts>.Of(new SlotFacts { Exists = true, HasRestartLsn = true }) },
            "replication slot: FAILED (slot 'barman' not active: is 'receive-wal' running?)");

    [Fact]
    public void A_slot_that_holds_nothing_back_is_FAILED() =>
        AssertOnlyFailure(
            LabFacts.Healthy with { Slot = Observed<SlotFacts>.Of(new SlotFacts { Exists = true, IsActive = true }) },
            "replication slot: FAILED (slot 'barman' not initialised: is 'receive-wal' running?)");

    [Fact]
    public void An_invalidated_slot_is_FAILED_even_where_it_is_active() =>
        AssertOnlyFailure(
            LabFacts.Healthy with
            {
                Slot = Observed<SlotFacts>.Of(
                    new SlotFacts { Exists = true, IsActive = true, HasRestartLsn = true, Invalidation = "wal_removed" }),
            },
            "replication slot: FAILED (slot 'barman' was invalidated by the server: wal_removed)");

    [Fact]
    public void A_stopped_receiver_is_FAILED_with_the_reason() =>
        AssertOnlyFailure(
            LabFacts.Healthy with
            {
                Receiver = Observed<ReceiverFacts>.Of(new ReceiverFacts { Problem = "stopped; start it with 'howdah up'" }),
            },
            "receive-wal running: FAILED (stopped; start it with 'howdah up')");

    [Fact]
    public void A_receiver_that_nobody_could_ask_is_FAILED() =>
        AssertOnlyFailure(
            LabFacts.Healthy with { Receiver = Observed<ReceiverFacts>.Unknown("no state file") },
            "receive-wal running: FAILED (not evaluated: no state file)");

    [Fact]
    public void A_hole_in_the_WAL_is_an_archiver_error() =>
        AssertOnlyFailure(
            LabFacts.Healthy with
            {
                Catalogue = Observed<CatalogueFacts>.Of(LabFacts.EmptyCatalogue with { Gaps = ["timeline 1, 0/3000000..0/5000000"] }),
            },
            "archiver errors: FAILED (WAL is missing for good: timeline 1, 0/3000000..0/5000000)");

    [Fact]
    public void Failed_backups_are_counted() =>
        AssertOnlyFailure(
            LabFacts.Healthy with { Catalogue = Observed<CatalogueFacts>.Of(LabFacts.With(LabFacts.Newest, LabFacts.Failed)) },
            "failed backups: FAILED (there are 1 failed backups)");

    [Fact]
    public void Too_few_backups_fail_the_minimum_redundancy() =>
        AssertOnlyFailure(
            LabFacts.Healthy with { Policy = LabFacts.Policy with { MinimumRedundancy = 1 } },
            "minimum redundancy requirements: FAILED (have 0 non-incremental backups, expected at least 1)");

    [Fact]
    public void A_backup_that_waits_for_WAL_does_not_count_as_redundancy()
    {
        var waiting = LabFacts.Newest with { Status = BackupStatus.WaitingForWals };
        AssertOnlyFailure(
            LabFacts.Healthy with
            {
                Policy = LabFacts.Policy with { MinimumRedundancy = 1 },
                Catalogue = Observed<CatalogueFacts>.Of(LabFacts.With(waiting)),
            },
            "minimum redundancy requirements: FAILED (have 0 non-incremental backups, expected at least 1)");
    }

    [Fact]
    public void Limits_on_age_and_size_fail_in_Barmans_words()
    {
        var policy = LabFacts.Policy with
        {
            LastBackupMaximumAge = TimeSpan.FromMinutes(5),
            LastBackupMinimumSize = 1 << 30,
            LastWalMaximumAge = TimeSpan.FromHours(1),
        };
        var facts = LabFacts.Healthy with { Policy = policy, Catalogue = Observed<CatalogueFacts>.Of(LabFacts.TwoBackups) };
        string[] expected =
        [
            "backup maximum age: FAILED (interval provided: 5 minutes, latest backup age: 9 minutes, 52 seconds)",
            "backup minimum size: FAILED (last backup size 22.1 MiB < 1.0 GiB minimum)",
            "wal maximum age: FAILED (No WAL files archived for last backup)",
        ];
        Assert.Equal(expected, CheckEvaluation.Evaluate(facts).Failed.Select(line => line.ToString()));
        var none = facts with { Catalogue = Observed<CatalogueFacts>.Of(LabFacts.EmptyCatalogue) };
        Assert.Contains(
            "backup maximum age: FAILED (interval provided: 5 minutes, latest backup age: No available backups)",
            Console(none),
            StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_archive_with_a_live_stream_says_how_to_close_a_segment() =>
        AssertOnlyFailure(
            LabFacts.Healthy with { Catalogue = Observed<CatalogueFacts>.Of(LabFacts.EmptyCatalogue with { HasCompleteSegment = false }) },
            "WAL archive: FAILED (no complete WAL segment has arrived yet; run 'barman switch-wal --force --archive master.local' to "
            + "close one)");

    [Fact]
    public void A_foreign_system_in_the_repository_is_incoherent() =>
        AssertOnlyFailure(
            LabFacts.Healthy with
            {
                Catalogue = Observed<CatalogueFacts>.Of(LabFacts.EmptyCatalogue with { Systems = [new(1), LabFacts.System] }),
            },
            "systemid coherence: FAILED (the system Id of the connected PostgreSQL server changed, stored in \"/repo\")");

    [Fact]
    public void Two_different_servers_behind_the_two_connections_are_incoherent() =>
        AssertOnlyFailure(
            LabFacts.Healthy with { Streaming = Observed<StreamingFacts>.Of(new StreamingFacts(new(1))) },
            "systemid coherence: FAILED (is the streaming DSN targeting the same server of the PostgreSQL connection string?)");

    [Fact]
    public void Missing_privileges_change_the_label()
    {
        var postgres = LabFacts.Healthy.Postgres.Value! with { HasBackupPrivileges = false, WalLevel = "minimal" };
        string[] expected =
        [
            "no access to backup functions: FAILED (privileges for PostgreSQL backup functions are required (see documentation))",
            "wal_level: FAILED (please set it to a higher level than 'minimal')",
        ];
        var result = CheckEvaluation.Evaluate(LabFacts.Healthy with { Postgres = Observed<PostgresFacts>.Of(postgres) });
        Assert.Equal(expected, result.Failed.Select(line => line.ToString()));
    }

    [Fact]
    public void An_unsupported_version_fails_all_lines_that_depend_on_it()
    {
        var postgres = LabFacts.Healthy.Postgres.Value! with { Version = new PostgresVersion(100004) };
        var result = CheckEvaluation.Evaluate(LabFacts.Healthy with { Postgres = Observed<PostgresFacts>.Of(postgres) });
        Assert.Equal(["PostgreSQL", "pg_basebackup compatible", "pg_receivexlog compatible"], result.Failed.Select(line => line.Label));
        Assert.Equal("unsupported version: PostgreSQL server is too old (10.4 < 11)", result.Failed.First().Hint);
    }

    [Fact]
    public void The_keys_of_the_JSON_document_are_those_that_exporters_know()
    {
        var json = SortedJson.Write(CheckReport.Json(CheckEvaluation.Evaluate(LabFacts.Healthy)));
        Assert.StartsWith(
            """{"master.local": {"archiver_errors": {"hint": "", "status": "OK"}, "backup_maximum_age": {"hint": "no last_backup_maximum_age provided", "status": "OK"}, """,
            json,
            StringComparison.Ordinal);
        foreach (
            var key in (string[])[
                "postgresql",
                "receive_wal_running",
                "superuser_or_standard_user_with_backup_privileges",
                "wal_level",
                "pg_receivexlog"
            ])
            Assert.Contains($"\"{key}\": {{\"hint\": \"\", \"status\": \"OK\"}}", json, StringComparison.Ordinal);
    }

    [Fact]
    public void Nagios_output_of_one_good_server()
    {
        var facts = LabFacts.Healthy with
        {
            Catalogue = Observed<CatalogueFacts>.Of(LabFacts.TwoBackups with { WalBytesSinceLastBackup = 33_554_432 }),
        };
        Assert.Equal(
            "BARMAN OK - Ready to serve the Espresso backup for master.local|master.local=23203999B master.local_wals=33554432B\n",
            CheckReport.Nagios([CheckEvaluation.Evaluate(facts)]));
    }

    [Fact]
    public void Nagios_output_of_several_servers()
    {
        var good = CheckEvaluation.Evaluate(LabFacts.Healthy with { Policy = LabFacts.Policy with { Name = "a" } });
        var other = CheckEvaluation.Evaluate(LabFacts.Healthy with { Policy = LabFacts.Policy with { Name = "b" } });
        var bad = CheckEvaluation.Evaluate(LabFacts.Healthy with
        {
            Policy = LabFacts.Policy with { Name = "down" },
            Slot = Observed<SlotFacts>.Of(new SlotFacts { Exists = true, HasRestartLsn = true }),
            Receiver = Observed<ReceiverFacts>.Of(new ReceiverFacts { Problem = "stopped" }),
        });
        Assert.Equal(
            "BARMAN OK - Ready to serve the Espresso backup for 2 servers * a * b|a=0B a_wals=0B b=0B b_wals=0B\n",
            CheckReport.Nagios([good, other]));
        const string expected = """
            BARMAN CRITICAL - 1 server out of 3 have issues * down FAILED: replication slot, receive-wal running|a=0B a_wals=0B b=0B b_wals=0B down=0B down_wals=0B
            down.replication slot: FAILED (slot 'barman' not active: is 'receive-wal' running?)
            down.receive-wal running: FAILED (stopped)

            """;
        Assert.Equal(expected, CheckReport.Nagios([good, other, bad]));
        Assert.StartsWith(
            "BARMAN CRITICAL - server down has issues * down FAILED: replication slot, receive-wal running|down=0B down_wals=0B\n",
            CheckReport.Nagios([bad]),
            StringComparison.Ordinal);
        Assert.Equal("BARMAN OK - No server configured\n", CheckReport.Nagios([]));
    }

    private static void AssertOnlyFailure(ServerFacts facts, string expected) =>
        Assert.Equal(expected, Assert.Single(CheckEvaluation.Evaluate(facts).Failed).ToString());

    private static string Console(ServerFacts facts) => string.Join('\n', CheckReport.Lines(CheckEvaluation.Evaluate(facts)));
}
