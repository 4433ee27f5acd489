using Howdah.Cluster.Agents;
using Howdah.Cluster.Configuration;
using Howdah.Cluster.Execution;
using Howdah.Cluster.Observation;
using Howdah.Cluster.Tests.Planning;
using Howdah.Postgres.Server;
using Microsoft.Extensions.Time.Testing;

namespace Howdah.Cluster.Tests.Observation;

/// <summary>For how long an agent that has just started waits for silent hosts, and what it goes by.</summary>
public sealed class PrimaryMemoryTests
{
    private static readonly ClusterModel Model = SimulatedHosts.Model;

    private readonly FakeTimeProvider _clock = new(SeenCluster.Now);
    private readonly PrimaryMemory _memory;

    public PrimaryMemoryTests() => _memory = new PrimaryMemory(
        Model, new ClusterEnvironment { Time = _clock, Observer = SilentObserver.Instance, Host = "master" });

    [Fact]
    public void It_waits_a_minute_where_another_host_answers_and_longer_where_none_does()
    {
        Assert.Equal([Model.Nodes[0]], Clues(Answering()).Waiting);
        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Empty(Clues(Answering()).Waiting);
        Assert.Equal([Model.Nodes[0]], Clues([]).Waiting);
        _clock.Advance(TimeSpan.FromMinutes(4));
        Assert.Empty(Clues([]).Waiting);
    }

    [Fact]
    public void It_does_not_wait_for_a_node_that_it_saw_run_as_primary_or_has_made()
    {
        var running = SeenCluster.Master() with { Model = Model.Nodes[0] };
        Assert.Empty(_memory.Clues([running], Answering(), null).Waiting);
        Assert.Empty(Clues(Answering()).Waiting);

        var other = new PrimaryMemory(Model, new ClusterEnvironment { Time = _clock, Observer = SilentObserver.Instance, Host = "slave" });
        Assert.NotEmpty(other.Clues([running], Answering(), null).Waiting);
        other.NoteMade(Model.Nodes[1]);
        Assert.Empty(other.Clues([], Answering(), null).Waiting);
    }

    [Fact]
    public void It_goes_by_what_this_host_and_those_that_answer_say()
    {
        var silent = new PeerSight(Report("slave") with { Primary = "slave" }, TimeSpan.FromMinutes(1), "slave does not answer");
        var others = new Dictionary<string, PeerSight>
        {
            ["backup"] = new(Report("backup") with { Primary = "slave", LastPrimary = "master" }, TimeSpan.Zero, null),
            ["slave"] = silent,
        };
        Assert.Equal(
            [new("master", "master", false), new("backup", "slave", true), new PrimaryWord("backup", "master", false)],
            _memory.Clues([], others, "master").Words);
    }

    private PrimaryClues Clues(Dictionary<string, PeerSight> others) => _memory.Clues(
        [new ObservedNode(Model.Nodes[0]) { Data = DataPlace.Initialized, Server = new ServerStatus(ServerState.Stopped, null) }],
        others, null);

    private static Dictionary<string, PeerSight> Answering() => new() { ["backup"] = new(Report("backup"), TimeSpan.Zero, null) };

    private static HostReport Report(string host) => new() { Host = host, Version = "1", At = SeenCluster.Now, Nodes = [] };
}
