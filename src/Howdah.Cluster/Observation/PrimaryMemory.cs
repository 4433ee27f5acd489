using System.Collections.Concurrent;
using Howdah.Cluster.Agents;
using Howdah.Cluster.Configuration;

namespace Howdah.Cluster.Observation;

/// <summary>What a process knows of the primary beside what it sees now. Thread-safe.</summary>
internal sealed class PrimaryMemory(ClusterModel model, ClusterEnvironment environment)
{
    /// <summary>A host that boots at the same time answers within it. Another host answers already, and would know.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    /// <summary>Nobody answers: this host's own network may be what fails, and that takes people longer to mend.</summary>
    private static readonly TimeSpan PatienceAlone = TimeSpan.FromMinutes(5);

    private readonly ConcurrentDictionary<NodeModel, bool> _known = new();
    private readonly HostModel _self = environment.SelfIn(model);
    private readonly long _began = environment.Time.GetTimestamp();

    public void NoteMade(NodeModel node) => _known[node] = true;

    public PrimaryClues Clues(
        IReadOnlyList<ObservedNode> seen, IReadOnlyDictionary<string, PeerSight> others, string? lastPrimary)
    {
        // A server that dies under its agent was the primary a moment ago, and is started at once.
        foreach (var node in seen.Where(node => _self.Has(node.Model) && node.Answers is { InRecovery: false }))
            _known[node.Model] = true;
        var words = new List<PrimaryWord>();
        if (lastPrimary is not null)
            words.Add(new PrimaryWord(_self.Name, lastPrimary, IsNow: false));
        var reports = others.Values.Where(sight => sight.Problem is null).Select(sight => sight.Report).OfType<HostReport>().ToList();
        foreach (var report in reports)
        {
            if (report.Primary is { } now)
                words.Add(new PrimaryWord(report.Host, now, IsNow: true));
            if (report.LastPrimary is { } last)
                words.Add(new PrimaryWord(report.Host, last, IsNow: false));
        }

        var waited = environment.Time.GetElapsedTime(_began);
        return new PrimaryClues
        {
            Words = words,
            Waiting = !model.IsOnOneMachine && waited < (reports.Count > 0 ? Patience : PatienceAlone)
                ? [.. _self.Nodes.Where(node => !_known.ContainsKey(node))]
                : [],
        };
    }
}
