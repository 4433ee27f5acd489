using Howdah.Cluster.Observation;
using Howdah.Cluster.Planning;
using Howdah.Postgres.Server;
using static Howdah.Cluster.Tests.SeenCluster;

namespace Howdah.Cluster.Tests.Planning;

public sealed class RestartOrderTests
{
    [Fact]
    public void What_is_raised_restarts_the_standby_first() => Assert.Equal(
        ["RestartServer:slave", "RestartServer:master"],
        Plan(now: 100, next: 200, replayed: 100));

    [Fact]
    public void What_is_raised_waits_until_the_standby_has_it() => Assert.Equal(
        ["WriteConfiguration:slave", "RestartServer:master"],
        Planner.Plan(
            Model,
            Well(
                master => With(master, 100, 200, 0),
                slave => With(slave, 100, null, 100) with { DifferingFiles = ["howdah.conf"] })).Steps.Select(step => step.Id));

    [Fact]
    public void What_is_lowered_restarts_the_primary_first_and_waits_for_its_WAL() => Assert.Equal(
        ["RestartServer:master", "AwaitReplay:slave"],
        Plan(now: 200, next: 100, replayed: 200));

    [Fact]
    public void Where_one_limit_is_raised_and_another_lowered_neither_waits_for_the_other() => Assert.Equal(
        ["RestartServer:slave", "RestartServer:master"],
        Planner.Plan(Model, Well(Mixed, Mixed)).Steps.Select(step => step.Id));

    [Fact]
    public void What_is_lowered_restarts_the_standby_once_it_has_replayed_it() => Assert.Equal(
        ["RestartServer:slave"],
        Planner.Plan(Model, Well(master => With(master, 100, null, 0), slave => With(slave, 200, 100, 100))).Steps.Select(step => step.Id));

    [Fact]
    public void On_one_machine_a_standby_that_is_stopped_holds_nothing_back_and_starts_with_what_was_raised() => Assert.Equal(
        ["RestartServer:master", "StartServer:slave"],
        Planner.Plan(
            Model,
            Well(
                master => With(master, 100, 200, 0),
                slave => slave with { Server = new ServerStatus(ServerState.Stopped, null), Answers = null }))
            .Steps.Select(step => step.Id));

    private static IEnumerable<string> Plan(long now, long next, long replayed) => Planner.Plan(
        Model, Well(master => With(master, now, next, 0), slave => With(slave, now, next, replayed))).Steps.Select(step => step.Id);

    /// <summary>A node that is to raise max_connections and to lower max_worker_processes.</summary>
    internal static ObservedNode Mixed(ObservedNode node) => node with
    {
        ReplayedLimits = Limits(100, 16),
        Answers = node.Answers! with
        {
            Limits = Limits(100, 16),
            NextLimits = Limits(200, 8),
            PendingRestart = ["max_connections", "max_worker_processes"],
        },
    };

    /// <summary>A node with max_connections as it is now, as a restart makes it (null: the same), and as replayed (0: not known).</summary>
    internal static ObservedNode With(ObservedNode node, long now, long? next, long replayed) => node with
    {
        ReplayedLimits = replayed == 0 ? NodeAnswers.NoLimits : Limit(replayed),
        Answers = node.Answers! with
        {
            Limits = Limit(now),
            NextLimits = next is { } coming ? Limit(coming) : NodeAnswers.NoLimits,
            PendingRestart = next is null ? [] : ["max_connections"],
        },
    };

    private static Dictionary<string, long> Limits(long connections, long workers) =>
        new(StringComparer.Ordinal) { ["max_connections"] = connections, ["max_worker_processes"] = workers };

    private static Dictionary<string, long> Limit(long value) => new(StringComparer.Ordinal) { ["max_connections"] = value };
}
