using Howdah.Cluster.Configuration;
using Howdah.Cluster.Observation;
using Howdah.Cluster.Supervision;
using Howdah.Cluster.Tests.Planning;
using Howdah.Core.Wal;
using Howdah.Postgres.Server;
using Howdah.Repository.Drills;
using static Howdah.Cluster.Tests.SeenCluster;

namespace Howdah.Cluster.Tests.Supervision;

public sealed class StatusReporterTests
{
    [Fact]
    public void What_is_well_is_reported_protected_and_nothing_else_is()
    {
        Assert.Equal(Verdict.Good, Report(Well()).Protected);
        Assert.NotEqual(Verdict.Good, Report(Nothing()).Protected);
    }

    [Fact]
    public void A_restart_that_is_held_back_is_told()
    {
        var status = Report(Well(
            master => RestartOrderTests.With(master, 200, 100, 0), slave => RestartOrderTests.With(slave, 200, 100, 200)));
        Assert.Equal(Verdict.Good, status.Protected);
        Assert.StartsWith(
            "slave needs a restart for its changed settings, which is held back: wait until slave has replayed that master has less",
            Assert.Single(status.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void A_hole_after_the_last_snapshot_is_no_protection()
    {
        var status = Report(WithHole());
        Assert.Equal(Verdict.Bad, status.Protected);
        Assert.Equal("no base backup leads to the newest WAL: the WAL has a gap from 0/64 to 0/C8", Assert.Single(status.Reasons));
        Assert.Null(status.Backup.RestorableFrom);
    }

    [Fact]
    public void Tablespaces_that_are_shared_or_in_no_backup_are_no_protection()
    {
        var shared = Report(Well(slave: node => node with { SharedTablespaces = ["/srv/space"] }));
        Assert.Equal(Verdict.Bad, shared.Protected);
        Assert.Equal("slave uses the tablespace directory of another server, /srv/space", Assert.Single(shared.Reasons));
        var made = new ObservedTablespace(16400, "space", "/srv/space");
        var unsaved = Report(Well(master: node => node with { Answers = node.Answers! with { Tablespaces = [made] } }));
        Assert.Equal(Verdict.Bad, unsaved.Protected);
        Assert.Equal("no base backup holds tablespace space in /srv/space", Assert.Single(unsaved.Reasons));
    }

    [Fact]
    public void A_failed_drill_is_no_protection_even_after_a_proof()
    {
        var seen = Well();
        var failed = new DrillRecord { Id = "20261123T091500", StartedAt = Now, Failure = "the restored copy stopped" };
        var status = Report(seen with { Backup = seen.Backup with { LastDrill = failed } });
        Assert.Equal(Verdict.Bad, status.Protected);
        Assert.Equal("the last drill failed: the restored copy stopped", Assert.Single(status.Reasons));
        Assert.False(status.Backup.LastDrillSucceeded);
    }

    [Fact]
    public void A_slip_in_a_typed_query_is_no_loss_of_protection_and_a_failing_query_of_the_cluster_file_is()
    {
        var seen = Well();
        var slip = new DrillRecord { Id = "20261123T091500", StartedAt = Now, QueryFailure = "syntax error" };
        Assert.Equal(Verdict.Good, Report(seen with { Backup = seen.Backup with { LastDrill = slip } }).Protected);
        Assert.True(Report(seen with { Backup = seen.Backup with { LastDrill = slip } }).Backup.LastDrillQueryFailed);
        var proof = slip with { QueryIsProof = true };
        Assert.Equal(Verdict.Bad, Report(seen with { Backup = seen.Backup with { LastDrill = proof } }).Protected);
    }

    [Fact]
    public void No_later_moment_is_promised_than_a_restore_accepts()
    {
        var stored = Now.AddMinutes(-3);
        var seen = Well();
        seen = seen with { Backup = seen.Backup with { Window = seen.Backup.Window! with { Until = stored } } };
        Assert.Equal(0, Report(seen).Backup.LagBytes);
        Assert.Equal(stored, Report(seen).Backup.RestorableTo);
    }

    [Fact]
    public void What_can_be_restored_is_told_without_a_primary_and_what_was_not_seen_is_unknown()
    {
        var down = Well(master: node => node with { Answers = null, Server = new ServerStatus(ServerState.Stopped, null) });
        var status = Report(down).Backup;
        Assert.Equal((true, Now, Now), (status.IsWindowKnown, status.RestorableFrom, status.RestorableTo));

        var unseen = Report(down with { Backup = new ObservedBackup { HasRepository = false, Problem = "cannot be read" } }).Backup;
        Assert.Null(unseen.Snapshots);
        var doubtful = Report(down with { Backup = down.Backup with { Window = null } }).Backup;
        Assert.False(doubtful.IsWindowKnown);
    }

    [Fact]
    public void Only_hosts_that_have_flushed_everything_hold_every_commit()
    {
        var seen = Well(master: node => node with
        {
            Answers = node.Answers! with
            {
                Followers = [Follower("slave") with { Flushed = new Lsn(150) }, Follower("barman_receive_wal")],
            },
        });
        var status = Report(seen);
        Assert.Equal(0, status.WouldLoseBytes);
        Assert.Equal(50, status.Nodes[1].FlushLagBytes);
        Assert.Equal(0, status.Backup.LagBytes);
    }

    [Fact]
    public void Whoever_streams_under_the_receivers_name_is_no_protection_unless_it_arrives_here()
    {
        var seen = Well(master: node => node with
        {
            Answers = node.Answers! with
            {
                Followers = [Follower("slave") with { Flushed = new Lsn(150) }, Follower("barman_receive_wal")],
            },
        });
        var other = Report(seen with { Backup = seen.Backup with { HoldsFlushed = false } });
        Assert.Equal((Verdict.Bad, Verdict.Bad), (other.Protected, other.Backup.Verdict));
        Assert.StartsWith(
            "backup: does not hold what is confirmed by who streams as barman_receive_wal", Assert.Single(other.Reasons),
            StringComparison.Ordinal);
        Assert.Equal((null, null, 50L), (other.Backup.Flushed, other.Backup.LagBytes, other.WouldLoseBytes));

        var refused = Report(seen with { Backup = seen.Backup with { HoldsFlushed = true, ReceiverError = "slot is active" } });
        Assert.Contains("though somebody streams as barman_receive_wal: slot is active", Assert.Single(refused.Reasons));
        Assert.Equal(Verdict.Unknown, Report(seen with { Backup = seen.Backup with { HoldsFlushed = null } }).Backup.Verdict);
    }

    [Fact]
    public void An_up_that_gives_no_sign_of_life_is_no_protection()
    {
        Assert.Equal(Verdict.Good, Report(Well()).Protected);
        var frozen = Report(Well() with { SupervisorLastSign = Now.AddSeconds(-11) });
        Assert.Equal(Verdict.Bad, frozen.Protected);
        Assert.StartsWith("howdah up (process 7) has shown no sign of life for 11 s", Assert.Single(frozen.Reasons));
    }

    [Fact]
    public void Without_an_up_nothing_is_watched()
    {
        var alone = Report(Well() with { SupervisorProcessId = null });
        Assert.Equal(Verdict.Bad, alone.Protected);
        Assert.Equal("howdah up does not run: nobody watches, and no WAL is received", Assert.Single(alone.Reasons));
    }

    [Fact]
    public void Former_settings_are_told_with_the_reason()
    {
        var former = Report(Well(master: node => node with { RefusedBecause = "no memory" }));
        Assert.Equal(Verdict.Bad, former.Protected);
        Assert.StartsWith("master runs with its former settings", Assert.Single(former.Reasons));
        Assert.EndsWith("no memory", former.Reasons[0]);
    }

    [Fact]
    public void Every_check_has_a_verdict_of_its_own()
    {
        var well = Report(Well()).Checks;
        Assert.Equal(
            ["primary", "howdah up", "master", "slave", "backup", "standbys", "settings", "base backup", "tablespaces", "slots", "drill"],
            well.Select(check => check.Subject));
        Assert.All(well, check => Assert.Equal(Verdict.Good, check.Verdict));

        var silent = Report(Well(master: node => node with { Answers = null, Problem = "does not answer" })).Checks;
        Assert.Equal(
            [Verdict.Good, Verdict.Good, Verdict.Unknown, Verdict.Bad, Verdict.Bad, Verdict.Good, Verdict.Good, Verdict.Good,
                Verdict.Unknown, Verdict.Unknown, Verdict.Good],
            silent.Select(check => check.Verdict));

        var lost = Well(master: node => node with
        {
            Answers = node.Answers! with { Slots = [.. node.Answers.Slots.Select(slot => slot with { WalStatus = "lost" })] },
        });
        Assert.Equal(2, Report(lost).Checks.Count(check => check is { Subject: "slots", Verdict: Verdict.Bad }));
    }

    [Theory]
    [InlineData(SynchronousMode.Off, "async", "async", null)]
    [InlineData(SynchronousMode.Any, "quorum", "quorum", null)]
    [InlineData(SynchronousMode.Any, null, "quorum", null)]
    [InlineData(SynchronousMode.Any, "async", "async", "commits wait: they are answered when one of slave, backup hold them, and none")]
    [InlineData(SynchronousMode.All, "quorum", "quorum", null)]
    [InlineData(SynchronousMode.All, null, "quorum", "commits wait: they are answered when all of slave, backup hold them, and only backup")]
    public void Commits_that_wait_because_too_few_hold_them_are_told(
        SynchronousMode mode, string? slave, string? backup, string? said)
    {
        List<ObservedFollower> followers = [];
        if (slave is not null)
            followers.Add(Follower("slave") with { SyncState = slave });
        followers.Add(Follower("barman_receive_wal") with { SyncState = backup });
        var seen = Well(master: node => node with { Answers = node.Answers! with { Followers = followers } });
        var checks = new StatusReporter(Model with { Synchronous = mode }).Report(seen, null).Checks;
        var commits = checks.Where(check => check.Subject == "commits").ToList();
        Assert.Equal(mode == SynchronousMode.Off ? 0 : 1, commits.Count);
        Assert.All(commits, check => Assert.Equal(said is null ? Verdict.Good : Verdict.Bad, check.Verdict));
        if (said is not null)
            Assert.StartsWith(said, commits[0].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_setting_that_was_changed_behind_our_back_is_no_protection()
    {
        var status = Report(Overridden(new OverriddenSetting("fsync", "off", "postgresql.auto.conf line 3")));
        Assert.Equal(Verdict.Bad, status.Protected);
        Assert.Equal(
            "fsync is off on master by postgresql.auto.conf line 3, over what Howdah sets: alter system reset fsync on master, then howdah up",
            Assert.Single(status.Reasons));

        var commits = Overridden(new OverriddenSetting("synchronous_commit", "local", "postgresql.auto.conf line 3"));
        Assert.Equal(Verdict.Good, Report(commits).Protected);
        var promised = new StatusReporter(Model with { Synchronous = SynchronousMode.Any }).Report(commits, null);
        Assert.Contains(promised.Reasons, reason => reason.StartsWith("synchronous_commit is local", StringComparison.Ordinal));

        static ObservedCluster Overridden(OverriddenSetting setting) =>
            Well(master: node => node with { Answers = node.Answers! with { Overridden = [setting] } });
    }

    private static ClusterStatus Report(ObservedCluster seen) => new StatusReporter(Model).Report(seen, null);
}
