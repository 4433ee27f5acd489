using Howdah.Cluster.Agents;
using Howdah.Cluster.Configuration;
using Howdah.Cluster.Planning;
using Howdah.Core.Errors;

namespace Howdah.Cli;

/// <summary>What each host of a cluster would do by a changed cluster file: each has looked at itself, and tells its own share.</summary>
internal sealed class PlanOfHosts(Invocation run, ClusterModel applied)
{
    /// <summary>Asks all hosts and shows what they answer; changes nothing.</summary>
    /// <exception cref="OperationException">A host would not take the file: it would leave data behind, PostgreSQL refuses a
    /// setting, or the host would not be found any more.</exception>
    public async Task ShowAsync(ClusterModel changed, CancellationToken cancellationToken)
    {
        using var channel = new AgentClient(applied, run.Host.Time);
        var answers = await Task.WhenAll(applied.Hosts.Select(host => AskAsync(channel, host, changed.Source, cancellationToken)));
        foreach (var (host, (plan, problem)) in applied.Hosts.Zip(answers))
            Show(host, plan, problem);
        var silent = applied.Hosts.Zip(answers).Where(asked => asked.Second.Plan is null).Select(asked => asked.First.Name).ToList();
        if (changed.Agent.Port != applied.Agent.Port && silent.Count > 0)
        {
            throw new OperationException(
                ErrorCodes.Refused,
                $"the port of the agents changes only while all hosts answer: {string.Join(", ", silent)} would look for the others at "
                + $"port {applied.Agent.Port} for ever",
                "bring the host back first, or take it out of the cluster file");
        }

        // One that stands in the way of all is told by each.
        foreach (var obstacle in answers.SelectMany(answer => answer.Plan?.Obstacles ?? []).Distinct())
            run.Say($"  in the way: {obstacle.Subject}: {obstacle.Message}");
    }

    private static async Task<(ClusterPlan? Plan, string? Problem)> AskAsync(
        AgentClient channel, HostModel host, string text, CancellationToken cancellationToken)
    {
        try
        {
            return (await channel.PlanAsync(host, text, cancellationToken), null);
        }
        catch (OperationException failure) when (!IsAboutTheFile(failure.Code))
        {
            return (null, failure.Message);
        }
    }

    private static bool IsAboutTheFile(ErrorCode code) => code == ErrorCodes.Refused || code == ErrorCodes.ConfigurationInvalid;

    private void Show(HostModel host, ClusterPlan? plan, string? problem)
    {
        if (plan is null)
            run.Say($"  {host.Name}: cannot be asked what it would do: {problem}");
        else if (plan.Steps.Count == 0)
            run.Say($"  {host.Name}: nothing to do");
        else
            foreach (var step in plan.Steps)
                run.Say($"  {host.Name}: {step.Text} ({step.Reason})");
    }
}
