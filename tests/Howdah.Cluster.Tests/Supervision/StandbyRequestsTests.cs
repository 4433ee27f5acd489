using Howdah.Cluster.Configuration;
using Howdah.Cluster.Observation;
using Howdah.Cluster.Supervision;
using Howdah.Cluster.Tests.Planning;
using Howdah.Core.Errors;
using Howdah.Postgres.Server;

namespace Howdah.Cluster.Tests.Supervision;

/// <summary>What people ask on two hosts, each of which keeps its own notes.</summary>
public sealed class StandbyRequestsTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("howdah-requests-").FullName;
    private readonly ClusterModel _model = SimulatedHosts.Model;

    [Fact]
    public void Two_primaries_that_were_each_given_up_for_the_other_are_settled_by_adding_one()
    {
        Requests("master").Rebuild(Seen(), _model.Nodes[0]);
        var late = Seen() with { };
        Files("slave").GiveUp("slave"); // by somebody who looked at the same moment
        Assert.Null(Seen().Topology.Primary);
        var refused = Assert.Throws<OperationException>(() => Requests("master").Rebuild(Seen(), _model.Nodes[0]));
        Assert.Contains("run: howdah standby add slave", refused.Hint, StringComparison.Ordinal);
        Assert.Equal("slave", late.Topology.Primary?.Name);

        Requests("slave").Add(Seen(), _model.Nodes[1]);
        Assert.False(Files("slave").IsRebuildRequested("slave"));
        Assert.Equal("slave", Seen().Topology.Primary?.Name);
        Assert.True(Files("master").IsGivenUp("master"));
    }

    [Fact]
    public void What_was_given_up_stays_so_where_another_node_stands_or_cannot_be_seen()
    {
        Files("master").GiveUp("master");
        Requests("master").Add(Seen(), _model.Nodes[0]);
        Assert.True(Files("master").IsGivenUp("master"));

        var seen = Seen(new ObservedNode(_model.Nodes[1])
        {
            Data = DataPlace.Unknown,
            Server = new ServerStatus(ServerState.Unknown, null),
        });
        Assert.Throws<OperationException>(() => Requests("master").Add(seen, _model.Nodes[0]));
        Assert.True(Files("master").IsGivenUp("master"));
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private StandbyRequests Requests(string host) => new(_model, _model.FindHost(host)!, Files(host));

    private ClusterStateFiles Files(string host)
    {
        var paths = new ClusterPaths(Path.Combine(_directory, host));
        Directory.CreateDirectory(paths.StateDirectory);
        return new ClusterStateFiles(paths);
    }

    /// <summary>Both accept writes, and both hosts tell what is noted there.</summary>
    private ObservedCluster Seen(ObservedNode? slave = null)
    {
        var well = SeenCluster.Well();
        var nodes = _model.Nodes.Select(node => new ObservedNode(node)
        {
            Data = DataPlace.Initialized,
            Server = new ServerStatus(ServerState.Primary, new PostmasterFile(1, "/")),
            Answers = well.Nodes[0].Answers,
            IsGivenUp = Files(node.Name).IsGivenUp(node.Name),
            IsRebuildRequested = Files(node.Name).IsRebuildRequested(node.Name),
        }).ToList();
        if (slave is not null)
            nodes[1] = slave;
        return well with { Nodes = nodes, Topology = Topology.Of(_model, nodes), Hosts = [] };
    }
}
