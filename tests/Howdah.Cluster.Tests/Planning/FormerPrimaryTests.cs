using Howdah.Cluster.Observation;
using Howdah.Cluster.Planning;
using Howdah.Cluster.Supervision;
using Howdah.Postgres.Server;
using static Howdah.Cluster.Tests.SeenCluster;

namespace Howdah.Cluster.Tests.Planning;

/// <summary>An old primary that is down while another node is the primary: what only it holds is a person's to give up.</summary>
public sealed class FormerPrimaryTests
{
    [Theory]
    [InlineData(ServerState.Stopped)]
    [InlineData(ServerState.Starting)]
    public void Nothing_is_done_to_it_and_all_others_go_on(ServerState state)
    {
        var seen = Seen([Former(state), Promoted() with { Answers = Promoted().Answers! with { Slots = [], Followers = [] } }]);
        var plan = Planner.Plan(Model, seen);
        var obstacle = Assert.Single(plan.Obstacles);
        Assert.Equal("master", obstacle.Subject);
        Assert.Equal("was a primary and is not one any more: it may hold what nobody else has", obstacle.Message);
        Assert.Equal(
            "to let it follow slave, run: howdah standby rebuild master; what only it held is kept in /tmp/lab/nodes/master/data.removed",
            obstacle.Hint);
        Assert.DoesNotContain(plan.Steps, step => step.Subject == "master" && step.Kind != PlanStepKind.CreateSlot);
        Assert.Contains(plan.Steps, step => step.Id == "CreateSlot:barman");
        Assert.DoesNotContain(plan.Steps, step => step.Kind == PlanStepKind.Prove);
    }

    [Fact]
    public void Status_tells_the_way_out()
    {
        var status = new StatusReporter(Model).Report(Seen([Former(ServerState.Stopped), Promoted()]), null);
        Assert.Contains(
            "master was a primary and is not one any more; to let it follow, and to keep what only it held: howdah standby rebuild master",
            status.Reasons);
    }

    [Fact]
    public void Given_up_it_is_built_anew_and_with_a_marker_it_follows()
    {
        var givenUp = Former(ServerState.Stopped) with { IsGivenUp = true, IsRebuildRequested = true };
        var plan = Planner.Plan(Model, Seen([givenUp, Promoted()]));
        Assert.Empty(plan.Obstacles);
        Assert.Contains(plan.Steps, step => step.Id == "CloneStandby:master");

        plan = Planner.Plan(Model, Seen([Former(ServerState.Stopped) with { HasStandbyMarker = true }, Promoted()]));
        Assert.Empty(plan.Obstacles);
        Assert.Contains(plan.Steps, step => step.Id == "StartServer:master");
    }

    private static ObservedNode Former(ServerState state) => Master() with
    {
        Answers = null,
        Server = new ServerStatus(state, state == ServerState.Stopped ? null : new PostmasterFile(1, "/")),
    };

    private static ObservedNode Promoted() => Slave() with
    {
        HasStandbyMarker = false,
        Answers = Slave().Answers! with { InRecovery = false },
    };
}
