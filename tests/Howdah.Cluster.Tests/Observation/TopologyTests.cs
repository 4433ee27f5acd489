using Howdah.Cluster.Observation;
using Howdah.Cluster.Planning;
using Howdah.Core.Wal;
using Howdah.Postgres.Server;
using static Howdah.Cluster.Tests.SeenCluster;

namespace Howdah.Cluster.Tests.Observation;

public sealed class TopologyTests
{
    [Fact]
    public void Two_nodes_that_accept_writes_are_a_conflict_whose_way_out_is_a_command()
    {
        var topology = Seen([Master(), Promoted()]).Topology;
        Assert.Null(topology.Primary);
        Assert.Equal("master and slave both accept writes", topology.Conflict);
        Assert.Contains("run: howdah standby rebuild NODE", topology.WayOut);
    }

    [Fact]
    public void A_node_that_was_given_up_is_copied_from_the_other_even_while_that_one_does_not_run()
    {
        var givenUp = Promoted() with { IsGivenUp = true, IsRebuildRequested = true };
        Assert.Equal(Model.Nodes[0], Seen([Master(), givenUp]).Topology.Primary);
        Assert.Equal(Model.Nodes[0], Seen([Master() with { Answers = null }, givenUp]).Topology.Primary);

        var plan = Planner.Plan(Model, Seen([Master(), givenUp]));
        Assert.Empty(plan.Obstacles);
        Assert.Equal(
            ["CloneStandby:slave", "ActivateClone:slave", "AwaitStreaming:slave"], plan.Steps.Select(step => step.Id));
    }

    [Fact]
    public void A_node_that_was_given_up_never_becomes_primary_because_the_other_one_is_lost()
    {
        var lost = Master() with { Data = DataPlace.Absent, Answers = null };
        var topology = Seen([lost, Promoted() with { IsGivenUp = true }]).Topology;
        Assert.Null(topology.Primary);
        Assert.Equal("slave was given up, and no other node is a primary", topology.Conflict);
    }

    [Fact]
    public void Standbys_without_a_primary_are_told_how_one_is_promoted()
    {
        var lost = Master() with { Data = DataPlace.Absent, Answers = null };
        Assert.Contains("run: howdah psql slave -c 'select pg_promote()'", Seen([lost, Slave()]).Topology.WayOut);
    }

    [Fact]
    public void A_stopped_primary_is_not_started_before_silent_hosts_were_waited_for()
    {
        Assert.Equal(Model.Nodes[0], Topology.Of(Model, [Stopped(), Unseen()]).Primary);
        var waiting = new PrimaryClues { Waiting = [Model.Nodes[0]] };
        var topology = Topology.Of(Model, [Stopped(), Unseen()], waiting);
        Assert.Null(topology.Primary);
        Assert.Equal(
            "master does not run, and whether slave, which cannot be seen, is the primary now is not known", topology.Conflict);
        Assert.Contains("pg_ctl -D /tmp/lab/nodes/master/data start", topology.WayOut, StringComparison.Ordinal);

        Assert.Equal(Model.Nodes[0], Topology.Of(Model, [Stopped(), Slave()], waiting).Primary);
        Assert.Equal(Model.Nodes[0], Topology.Of(Model, [Stopped(), Unseen() with { IsRemoved = true }], waiting).Primary);
        var starting = Stopped() with { Server = new ServerStatus(ServerState.Starting, new PostmasterFile(1, "/")) };
        Assert.Equal(Model.Nodes[0], Topology.Of(Model, [starting, Unseen()], waiting).Primary);
    }

    [Theory]
    [InlineData(true, "backup sees it")]
    [InlineData(false, "backup saw it")]
    public void A_stopped_primary_is_never_started_where_a_host_holds_another_for_the_primary(bool isNow, string said)
    {
        var clues = new PrimaryClues { Words = [new PrimaryWord("master", "master", false), new PrimaryWord("backup", "slave", isNow)] };
        Assert.Contains(said, Topology.Of(Model, [Stopped(), Unseen()], clues).Conflict, StringComparison.Ordinal);
        // What this host sees itself, or a person has decided, counts more than what another says.
        Assert.Equal(Model.Nodes[0], Topology.Of(Model, [Stopped(), Slave()], clues).Primary);
        Assert.Equal(Model.Nodes[0], Topology.Of(Model, [Stopped(), Unseen() with { IsRemoved = true }], clues).Primary);
    }

    [Fact]
    public void A_stopped_primary_is_never_started_where_a_standby_follows_a_newer_timeline()
    {
        var ahead = Slave() with { Answers = Slave().Answers! with { Timeline = new TimelineId(2) } };
        var topology = Topology.Of(Model, [Stopped(), ahead]);
        Assert.Null(topology.Primary);
        Assert.Equal(
            "master does not run and ends on timeline 1, and slave follows timeline 2: another node was promoted", topology.Conflict);
        Assert.Contains("howdah standby rebuild slave", topology.WayOut, StringComparison.Ordinal);
        Assert.Equal(Model.Nodes[0], Topology.Of(Model, [Stopped(), ahead with { IsRebuildRequested = true }]).Primary);
        Assert.Equal(Model.Nodes[0], Topology.Of(Model, [Stopped() with { Timeline = new TimelineId(2) }, ahead]).Primary);
    }

    [Fact]
    public void Of_two_stopped_primaries_the_one_that_all_hosts_saw_alone_last_is_started_again()
    {
        var slave = Promoted() with { Answers = null, Server = new ServerStatus(ServerState.Stopped, null), Timeline = new TimelineId(2) };
        Assert.Equal("master and slave would both start as primary", Topology.Of(Model, [Stopped(), slave]).Conflict);
        var clues = new PrimaryClues { Words = [new PrimaryWord("master", "slave", false), new PrimaryWord("slave", "slave", false)] };
        Assert.Equal(Model.Nodes[1], Topology.Of(Model, [Stopped(), slave], clues).Primary);
        var unsure = new PrimaryClues { Words = [.. clues.Words, new PrimaryWord("backup", "master", false)] };
        Assert.Null(Topology.Of(Model, [Stopped(), slave], unsure).Primary);
        var starting = Stopped() with { Server = new ServerStatus(ServerState.Starting, new PostmasterFile(1, "/")) };
        Assert.Null(Topology.Of(Model, [starting, slave], clues).Primary);
    }

    [Fact]
    public void Two_nodes_that_were_each_given_up_for_the_other_have_a_way_out()
    {
        var topology = Seen([Master() with { IsGivenUp = true }, Promoted() with { IsGivenUp = true }]).Topology;
        Assert.Equal("to let master be the primary after all, run: howdah standby add master", topology.WayOut);
    }

    private static ObservedNode Stopped() => Master() with
    {
        Answers = null,
        Timeline = TimelineId.First,
        Server = new ServerStatus(ServerState.Stopped, null),
    };

    private static ObservedNode Unseen() => new(Model.Nodes[1])
    {
        Data = DataPlace.Unknown,
        Server = new ServerStatus(ServerState.Unknown, null),
    };

    private static ObservedNode Promoted() => Slave() with
    {
        HasStandbyMarker = false,
        Answers = Slave().Answers! with { InRecovery = false },
    };
}
