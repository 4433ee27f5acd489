using Howdah.Cluster.Configuration;
using Howdah.Cluster.Planning;
using Howdah.Cluster.Supervision;
using Howdah.Core.Errors;
using Howdah.Integration.Tests.Fixtures;
using Howdah.Integration.Tests.Server;
using Howdah.Postgres.Server;

namespace Howdah.Integration.Tests.Cluster;

/// <summary>Servers die while the cluster is brought up: at the end of every step, whichever it is.</summary>
public sealed class KilledServerTests
{
    /// <summary>A run does two steps at least before it gives up, and there are some forty ends of steps.</summary>
    private const int MostRuns = 40;

    [Theory]
    [InlineData("master", 15)]
    [InlineData("slave", 15)]
    [InlineData("master", 18)]
    [InlineData("slave", 11)]
    public async Task A_server_killed_at_the_end_of_every_step_is_started_again_and_up_converges(string node, int major)
    {
        if (await Unprivileged.HasRunElsewhereAsync($"{node} {major}"))
            return;
        await using var lab = new ClusterLab(major);
        var killer = new KillingObserver(lab.Model.FindNode(node)!.DataDirectory);
        var runs = 0;
        while (!await TryUpAsync(lab, killer))
            Assert.True(++runs < MostRuns, $"no end after {runs} runs, {killer.Killed} kills");

        // A run whose last step ended with a kill may have looked before the server was gone; the next one sees it.
        await TestWait.UntilAsync("up has nothing to do any more", () => TryUpAsync(lab, killer));
        Assert.True(killer.Killed > 3, $"only {killer.Killed} kills");
        var status = await lab.Operations().StatusAsync(lab.Token);
        Assert.All(status.Nodes, seen => Assert.Equal(Verdict.Good, seen.Verdict));
        Assert.Equal("1", await lab.ScalarAsync(lab.Slave, "select count(*) from howdah.proof"));
    }

    [Theory]
    [InlineData(11)]
    [InlineData(18)]
    public async Task A_standby_that_starts_does_not_wait_for_a_primary_that_has_died(int major)
    {
        if (await Unprivileged.HasRunElsewhereAsync(major))
            return;
        await using var lab = new ClusterLab(major);
        // A copy needs WAL that the primary wrote since its checkpoint before it answers anybody.
        var killer = new KillingAtStart(PlanStepKind.ActivateClone, lab.Master);
        await lab.UpAsync(killer);

        Assert.True(killer.HasKilled);
        Assert.Equal("1", await lab.ScalarAsync(lab.Slave, "select count(*) from howdah.proof"));
    }

    private static async Task<bool> TryUpAsync(ClusterLab lab, KillingObserver killer)
    {
        try
        {
            await lab.UpAsync(killer);
            return true;
        }
        catch (OperationException failure)
        {
            TestContext.Current.TestOutputHelper?.WriteLine($"up failed: {failure.Message}");
            return false;
        }
    }

    /// <summary>Kills the server at the first end of each step; the servers of a run that ends are left alone.</summary>
    private sealed class KillingObserver(string dataDirectory) : TestObserver
    {
        private readonly HashSet<string> _ended = [];

        public int Killed { get; private set; }

        public override void StepFinished(PlanStep step, TimeSpan took)
        {
            base.StepFinished(step, took);
            if (!_ended.Add(step.Id) || PostmasterFile.Read(dataDirectory) is not { } postmaster)
                return;
            TestContext.Current.TestOutputHelper?.WriteLine($"killed at the end of {step.Id}");
            try
            {
                System.Diagnostics.Process.GetProcessById(postmaster.ProcessId).Kill();
                Killed++;
            }
            catch (ArgumentException)
            {
                // Dead already, of the kill before.
            }
        }
    }

    /// <summary>Kills the server once, when a step of that kind begins.</summary>
    private sealed class KillingAtStart(PlanStepKind kind, NodeModel node) : TestObserver
    {
        public bool HasKilled { get; private set; }

        public override void StepStarted(PlanStep step)
        {
            base.StepStarted(step);
            if (HasKilled || step.Kind != kind)
                return;
            ClusterLab.Kill(node);
            HasKilled = true;
        }
    }
}
