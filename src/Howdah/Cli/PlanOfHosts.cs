using Howdah.Cluster.Agents;
using Howdah.Cluster.Configuration;
using Howdah.Cluster.Planning;
using Howdah.Core.Errors;

namespace Howdah.Cli;

/// <summary>What each host of a cluster would do by a changed cluster file: each has looked at itself, and tells its own share.</summary>
internal sealed class PlanOfHosts(Invocation run, ClusterModel applied)
{
    /// <summary>Asks all hosts and shows what they answer; changes nothing.</summary>
    /// <exception cref="OperationException">A host would not take the file: it would leave data behind, or PostgreSQL refuses a
    /// setting.</exception>
    public async Task ShowAsync(string text, CancellationToken cancellationToken)
    {
        using var channel = new AgentClient(applied, run.Host.Time);
        var answers = await Task.WhenAll(applied.Hosts.Select(host => AskAsync(channel, host, text, cancellationToken)));
        foreach (var (host, (plan, problem)) in applied.Hosts.Zip(answers))
            Show(host, plan, problem);
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
