using Howdah.Cluster.Observation;
using Howdah.Cluster.Planning;
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

    private static ObservedNode Promoted() => Slave() with
    {
        HasStandbyMarker = false,
        Answers = Slave().Answers! with { InRecovery = false },
    };
}
