using System.Diagnostics;
using Howdah.Cluster.Planning;
using Howdah.Integration.Tests.Server;
using Howdah.Postgres.Server;

namespace Howdah.Integration.Tests.Cluster;

/// <summary>Design law 7: the process that brings a cluster up may be killed at any boundary between steps, and in the middle of
/// one.</summary>
public sealed class InterruptedUpTests
{
    private const string LabVariable = "HOWDAH_TEST_LAB";

    private static readonly string[] Steps =
    [
        "PrepareDirectories", "CreateSecrets", "CreateRepository", "InitializePrimary:master", "StartServer:master",
        "CreateRole:streaming_barman",
        "CreateRole:barman", "CreateSlot:slave", "CreateSlot:barman", "StartReceiver:backup", "AwaitReceiver:backup", "CloneStandby:slave",
        "ActivateClone:slave", "TakeBackup:backup", "Prove",
    ];

    [Fact]
    public async Task Killed_at_the_start_and_at_the_end_of_every_step_it_converges_when_run_again()
    {
        if (await Unprivileged.HasRunElsewhereAsync())
            return;
        await using var lab = new ClusterLab(15);
        foreach (var moment in Steps.SelectMany(step => new[] { $"start {step}", $"end {step}" }))
        {
            var killed = await RunChildAsync(lab, moment);
            Assert.True(killed is 137 or 0, $"{moment}: exit code {killed}");
        }

        Assert.DoesNotContain(
            (await lab.UpAsync()).Steps, step => step.Kind is not (PlanStepKind.StartReceiver or PlanStepKind.AwaitReceiver));
        Assert.Equal(
            "streaming", await lab.ScalarAsync(lab.Master, "select state from pg_stat_replication where application_name = 'walreceiver'"));
    }

    [Theory]
    [InlineData("InitializePrimary:master", 300)]
    [InlineData("StartServer:master", 50)]
    [InlineData("CloneStandby:slave", 100)]
    [InlineData("ActivateClone:slave", 30)]
    [InlineData("TakeBackup:backup", 100)]
    public async Task Killed_in_the_middle_of_a_step_it_converges_when_run_again(string step, int milliseconds)
    {
        if (await Unprivileged.HasRunElsewhereAsync(step))
            return;
        await using var lab = new ClusterLab(15);
        Assert.Equal(137, await RunChildAsync(lab, $"within {step} {milliseconds}"));
        await lab.UpAsync();
        Assert.Equal(
            "streaming", await lab.ScalarAsync(lab.Master, "select state from pg_stat_replication where application_name = 'walreceiver'"));
    }

    /// <summary>The other process of the tests above; run by nothing else.</summary>
    [Fact(Explicit = true)]
    public async Task Up_in_a_process_that_kills_itself()
    {
        var words = Environment.GetEnvironmentVariable(LabVariable)!.Split('|');
        var lab = new ClusterLab(int.Parse(words[0]), words[1], [int.Parse(words[2]), int.Parse(words[3])]);
        await lab.UpAsync(new SuicidalObserver(words[4]));
    }

    private static async Task<int> RunChildAsync(ClusterLab lab, string moment)
    {
        var value = string.Join('|', lab.Major, lab.Directory, lab.Ports[0], lab.Ports[1], moment);
        var assembly = typeof(InterruptedUpTests).Assembly.Location;
        List<string> arguments = [$"{LabVariable}={value}", Environment.ProcessPath!];
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
            arguments.Add(assembly);
        arguments.AddRange(
            ["-explicit", "only", "-method", $"{typeof(InterruptedUpTests).FullName}.{nameof(Up_in_a_process_that_kills_itself)}"]);
        var result = await ChildProcess.RunAsync(new ChildCommand("/usr/bin/env", arguments, TimeSpan.FromMinutes(2)), lab.Token);
        TestContext.Current.TestOutputHelper?.WriteLine($"{moment}: {result.ExitCode}");
        Assert.True(result.ExitCode is 137 or 0, result.Output);
        return result.ExitCode;
    }

    /// <summary>Ends its process as <c>kill -9</c> does, at the moment that it was told.</summary>
    private sealed class SuicidalObserver(string moment) : TestObserver
    {
        // Referenced, else it is collected before its time; its process does not live to dispose of it.
        private static Timer? _timer;

        public override void StepStarted(PlanStep step)
        {
            base.StepStarted(step);
            if (moment == $"start {step.Id}")
                Die();
            if (moment.Split(' ') is ["within", var id, var milliseconds] && id == step.Id)
                _timer = new Timer(_ => Die(), null, int.Parse(milliseconds), Timeout.Infinite);
        }

        public override void StepFinished(PlanStep step, TimeSpan took)
        {
            base.StepFinished(step, took);
            if (moment == $"end {step.Id}")
                Die();
        }

        private static void Die() => Process.GetCurrentProcess().Kill();
    }
}
