using Howdah.Cluster.Agents;
using Howdah.Cluster.Observation;
using Howdah.Cluster.Planning;
using Howdah.Postgres.Server;
using static Howdah.Cluster.Tests.SeenCluster;

namespace Howdah.Cluster.Tests.Planning;

/// <summary>Limits raised and lowered over several hosts, where a standby may not be seen, or may not have the newest file yet.</summary>
public sealed class RestartOverHostsTests
{
    private const long Current = 7;

    [Fact]
    public void What_is_raised_restarts_the_standby_first_and_then_the_primary()
    {
        var first = Plan(Over(Raising, slave => Limited(slave, 100, 200)));
        Assert.Equal(["RestartServer:slave", "RestartServer:master"], Ids(first));
        Assert.Equal("RestartServer:slave", first.NextOn("slave")?.Id);
        Assert.Null(first.NextOn("master"));

        var second = Plan(Over(Raising, slave => Limited(slave, 200, null)));
        Assert.Equal(["RestartServer:master"], Ids(second));
        Assert.Equal("RestartServer:master", second.NextOn("master")?.Id);
    }

    [Fact]
    public void What_is_raised_waits_for_a_standby_whose_host_is_not_seen()
    {
        var plan = Plan(Unseen(Over(Raising, Gone)));
        AssertWaits(plan, "slave: its host cannot be seen: its agent does not answer");
        Assert.Contains("max_connections = 200", plan.Steps[0].Text);
    }

    [Fact]
    public void What_is_raised_waits_for_a_standby_whose_host_goes_by_an_older_file()
    {
        AssertWaits(Plan(Older(Over(Raising, slave => Limited(slave, 100, null)))), "slave: its host goes by revision 6");
        // Its older file may lower what it has now.
        AssertWaits(Plan(Older(Over(Raising, slave => Limited(slave, 200, null)))), "slave: its host goes by revision 6");
    }

    [Fact]
    public void What_is_raised_waits_for_a_standby_that_no_step_raises() =>
        AssertWaits(Plan(Over(Raising, slave => Limited(slave, 100, null))), "slave: it has max_connections = 100");

    [Fact]
    public void What_is_raised_waits_for_a_standby_that_does_not_run_which_waits_for_nothing()
    {
        var plan = Plan(Over(Raising, slave => slave with { Server = new ServerStatus(ServerState.Stopped, null), Answers = null }));
        Assert.Equal(["AwaitLimits:master", "RestartServer:master", "StartServer:slave"], Ids(plan));
        Assert.Null(plan.NextOn("master"));
        Assert.Equal("StartServer:slave", plan.NextOn("slave")?.Id);
    }

    [Fact]
    public void A_standby_that_has_no_data_yet_is_copied_after_the_restart()
    {
        var plan = Plan(Over(
            Raising,
            slave => slave with
            {
                Data = DataPlace.Absent,
                HasStandbyMarker = false,
                Server = new ServerStatus(ServerState.NotInitialized, null),
                Answers = null,
            }));
        Assert.Equal("RestartServer:master", plan.NextOn("master")?.Id);
        Assert.Contains("RestartServer:master", plan.Steps.First(step => step.Kind == PlanStepKind.CloneStandby).After);
    }

    [Fact]
    public void A_standby_that_was_removed_holds_nothing_back()
    {
        var plan = Plan(Unseen(Over(Raising, slave => Gone(slave) with { IsRemoved = true })));
        Assert.Equal(["RestartServer:master"], Ids(plan));
        Assert.Equal("RestartServer:master", plan.NextOn("master")?.Id);
    }

    [Fact]
    public void What_is_lowered_restarts_the_primary_first_whoever_is_seen()
    {
        Assert.Equal(
            ["RestartServer:master", "AwaitReplay:slave"],
            Ids(Plan(Over(master => Limited(master, 200, 100), slave => RestartOrderTests.With(slave, 200, 100, 200)))));
        var unseen = Plan(Unseen(Over(master => Limited(master, 200, 100), Gone)));
        Assert.Equal("RestartServer:master", unseen.NextOn("master")?.Id);
        var older = Plan(Older(Over(master => Limited(master, 200, 100), slave => Limited(slave, 200, null))));
        Assert.Equal("RestartServer:master", older.NextOn("master")?.Id);
    }

    [Fact]
    public void Where_one_limit_is_raised_and_another_lowered_primary_and_standby_do_not_wait_for_each_other() => Assert.Equal(
        ["RestartServer:slave", "RestartServer:master"], Ids(Plan(Over(RestartOrderTests.Mixed, RestartOrderTests.Mixed))));

    [Fact]
    public void A_restart_that_raises_nothing_waits_for_nobody()
    {
        var plan = Plan(Unseen(Over(
            master => master with { Answers = master.Answers! with { PendingRestart = ["shared_buffers"] } }, Gone)));
        Assert.Equal("RestartServer:master", plan.NextOn("master")?.Id);
    }

    [Fact]
    public void A_primary_that_does_not_run_is_started_whatever_its_standbys_say()
    {
        var plan = Plan(Unseen(Over(
            master => master with { Server = new ServerStatus(ServerState.Stopped, null), Answers = null }, Gone)));
        Assert.Equal("StartServer:master", plan.NextOn("master")?.Id);
    }

    [Fact]
    public void A_restart_that_is_held_back_holds_nothing_else_back()
    {
        var seen = Unseen(Over(Raising, Gone));
        var silent = seen with { Backup = seen.Backup with { IsReceiverRunning = false } };
        Assert.Equal("StartReceiver:backup", Plan(silent).NextOn("backup")?.Id);
        var unsaved = seen with { Backup = seen.Backup with { Snapshots = [] } };
        Assert.Equal("TakeBackup:backup", Plan(unsaved).NextOn("backup")?.Id);
        var slotless = Unseen(Over(
            master => Raising(master) with { Answers = Raising(master).Answers! with { Slots = [Slot("barman")] } }, Gone));
        Assert.Equal("CreateSlot:slave", Plan(slotless).NextOn("master")?.Id);
        var unproven = Older(Over(Raising, slave => Limited(slave, 100, null))) with { Proof = null };
        Assert.Equal("Prove", Plan(unproven).NextOn("backup")?.Id);
    }

    [Fact]
    public void The_primary_reads_its_files_before_anybody_asks_what_its_restart_would_raise()
    {
        var unread = Plan(Unseen(Over(
            master => Raising(master) with { Answers = Raising(master).Answers! with { NeedsReload = true } }, Gone)));
        Assert.Equal(["ReloadServer:master"], Ids(unread));
        var renewed = Plan(Unseen(Over(
            master => Raising(master) with { Answers = Raising(master).Answers! with { ShowsOldCertificate = true } }, Gone)));
        Assert.Equal(["ReloadServer:master"], Ids(renewed));
        var unwritten = Plan(Unseen(Over(master => Raising(master) with { DifferingFiles = ["howdah.conf"] }, Gone)));
        Assert.Equal(["WriteConfiguration:master"], Ids(unwritten));
    }

    private static void AssertWaits(ClusterPlan plan, string reason)
    {
        Assert.Equal(["AwaitLimits:master", "RestartServer:master"], Ids(plan));
        Assert.Empty(plan.Obstacles);
        Assert.Contains(reason, plan.Steps[0].Reason);
        Assert.All(plan.Steps, step => Assert.Equal("master", step.Host));
        Assert.Null(plan.NextOn("master"));
    }

    private static ClusterPlan Plan(ObservedCluster seen) => Planner.Plan(SimulatedHosts.Model, seen);

    private static IEnumerable<string> Ids(ClusterPlan plan) => plan.Steps.Select(step => step.Id);

    private static ObservedNode Raising(ObservedNode master) => Limited(master, 100, 200);

    private static ObservedNode Limited(ObservedNode node, long now, long? next) => RestartOrderTests.With(node, now, next, 0);

    /// <summary>All hosts are seen, with the newest file.</summary>
    private static ObservedCluster Over(Func<ObservedNode, ObservedNode> master, Func<ObservedNode, ObservedNode> slave)
    {
        var model = SimulatedHosts.Model;
        var well = Well(master, slave);
        List<ObservedNode> nodes = [.. well.Nodes.Select((node, i) => node with { Model = model.Nodes[i] })];
        return well with
        {
            Hosts = [.. model.Hosts.Select(host => Host with { Model = host, ClusterFile = new FileMark(Current, null) })],
            Nodes = nodes,
            Topology = Topology.Of(model, nodes),
        };
    }

    /// <summary>A node of a host that is not seen.</summary>
    private static ObservedNode Gone(ObservedNode node) => new(node.Model)
    {
        Data = DataPlace.Unknown,
        Server = new ServerStatus(ServerState.Unknown, null),
        Problem = "cannot be seen: its agent does not answer",
    };

    /// <summary>Its last report was good, and is not of now.</summary>
    private static ObservedCluster Unseen(ObservedCluster seen) =>
        WithSlavesHost(seen, host => host with { Age = TimeSpan.FromMinutes(1), Problem = "its agent does not answer" });

    private static ObservedCluster Older(ObservedCluster seen) =>
        WithSlavesHost(seen, host => host with { ClusterFile = new FileMark(Current - 1, null) });

    private static ObservedCluster WithSlavesHost(ObservedCluster seen, Func<ObservedHost, ObservedHost> change) =>
        seen with { Hosts = [.. seen.Hosts.Select(host => host.Model.Name == "slave" ? change(host) : host)] };
}
