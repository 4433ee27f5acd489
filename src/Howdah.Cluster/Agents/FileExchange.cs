using Howdah.Cluster.Execution;
using Howdah.Core.Errors;
using Howdah.Storage;

namespace Howdah.Cluster.Agents;

/// <summary>Fetches the cluster file from a host that has a newer one: so who was away while it was applied has it, too.</summary>
internal sealed class FileExchange(HostAgent agent, ClusterEnvironment environment, AgentClient channel, AppliedFile applied)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private readonly LastFailure _failure = new();

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await LookAsync(cancellationToken);
            await Task.Delay(Interval, environment.Time, cancellationToken);
        }
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        var newer = applied.Model.Hosts
            .Where(host => host.Name != agent.Host
                && environment.Peers.Look(host) is { Problem: null, Report.Mark: var mark } && mark.IsNewerThan(applied.Mark))
            .MaxBy(host => environment.Peers.Look(host).Report!.Mark, FileMark.ByAge);
        if (newer is null)
            return;
        try
        {
            agent.TakeClusterFile(await channel.ReadClusterFileAsync(newer, cancellationToken));
        }
        catch (Exception failure) when (failure is OperationException || StorageFailure.IsStorageError(failure))
        {
            // Tried again: its agent may just have gone away, somebody else was faster, or the disk is full.
            Tell(failure as OperationException ?? StorageFailure.Describe($"taking the cluster file of {newer.Name}", failure));
        }
    }

    private void Tell(OperationException failure)
    {
        if (_failure.IsNews(failure))
            environment.Observer.Announced(
                new Announcement(environment.Time.GetUtcNow(), AnnouncementLevel.Warning, failure.Message) { Hint = failure.Hint });
    }
}
