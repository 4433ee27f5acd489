using Howdah.Cluster.Observation;
using Howdah.Cluster.Supervision;
using Howdah.Core.Wal;
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
    public void A_hole_after_the_last_snapshot_is_no_protection()
    {
        var status = Report(WithHole());
        Assert.Equal(Verdict.Bad, status.Protected);
        Assert.Equal("no base backup leads to the newest WAL: the WAL has a gap from 0/64 to 0/C8", Assert.Single(status.Reasons));
        Assert.Null(status.Backup.RestorableFrom);
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
    public void Up_to_now_can_be_restored_only_where_all_is_received()
    {
        Assert.Equal(Now, Report(Well()).Backup.RestorableTo);
        var stored = Now.AddMinutes(-3);
        var behind = Well(master: node => node with
        {
            Answers = node.Answers! with
            {
                Followers = [Follower("slave"), Follower("barman_receive_wal") with { Flushed = new Lsn(150) }],
            },
        });
        behind = behind with { Backup = behind.Backup with { Window = behind.Backup.Window! with { NewestStoredAt = stored } } };
        Assert.Equal(stored, Report(behind).Backup.RestorableTo);
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
    public void An_up_that_gives_no_sign_of_life_is_no_protection()
    {
        var watched = Well() with { SupervisorProcessId = 7, SupervisorLastSign = Now.AddSeconds(-2) };
        Assert.Equal(Verdict.Good, Report(watched).Protected);
        var frozen = Report(watched with { SupervisorLastSign = Now.AddSeconds(-11) });
        Assert.Equal(Verdict.Bad, frozen.Protected);
        Assert.StartsWith("howdah up (process 7) has shown no sign of life for 11 s", Assert.Single(frozen.Reasons));
    }

    private static ClusterStatus Report(ObservedCluster seen) => new StatusReporter(Model).Report(seen, null);
}
