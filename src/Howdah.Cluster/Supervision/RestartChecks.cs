using Howdah.Cluster.Configuration;
using Howdah.Cluster.Observation;
using Howdah.Cluster.Planning;

namespace Howdah.Cluster.Supervision;

/// <summary>Servers whose changed settings wait for a restart that must wait itself, perhaps for long. Pure.</summary>
internal static class RestartChecks
{
    public static IEnumerable<ProtectionCheck> Of(ClusterModel model, ObservedCluster seen) =>
        from step in Planner.Plan(model, seen).Steps
        where step.Kind is PlanStepKind.AwaitLimits or PlanStepKind.AwaitReplay
        select new ProtectionCheck($"restart {step.Subject}", Verdict.Good, "is held back")
        {
            Warning = $"{step.Subject} needs a restart for its changed settings, which is held back: {step.Text} ({step.Reason})",
        };
}
