using System.Diagnostics;
using Howdah.Cluster.Planning;
using Howdah.Integration.Tests.Server;
using Howdah.Postgres.Server;

namespace Howdah.Integration.Tests.Cluster;

/// <summary>Design law 7: the process that brings a cluster up may be killed in the middle of a step. At the boundaries between steps the
/// native binary is killed (Howdah.EndToEnd.Tests).</summary>
public sealed class InterruptedUpTests
{
    private const string LabVariable = "HOWDAH_TEST_LAB";

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
        await RunChildAsync(lab, step, milliseconds);
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
        await lab.UpAsync(new SuicidalObserver(words[4], int.Parse(words[5])));
    }

    private static async Task RunChildAsync(ClusterLab lab, string step, int milliseconds)
    {
        var value = string.Join('|', lab.Major, lab.Directory, lab.Ports[0], lab.Ports[1], step, milliseconds);
        var assembly = typeof(InterruptedUpTests).Assembly.Location;
        List<string> arguments = [$"{LabVariable}={value}", Environment.ProcessPath!];
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
            arguments.Add(assembly);
        arguments.AddRange(
            ["-explicit", "only", "-method", $"{typeof(InterruptedUpTests).FullName}.{nameof(Up_in_a_process_that_kills_itself)}"]);
        var result = await ChildProcess.RunAsync(new ChildCommand("/usr/bin/env", arguments, TimeSpan.FromMinutes(2)), lab.Token);
        Assert.True(result.ExitCode == 137, result.Output);
    }

    /// <summary>Ends its process as <c>kill -9</c> does, so long after the beginning of a step.</summary>
    private sealed class SuicidalObserver(string step, int milliseconds) : TestObserver
    {
        // Referenced, else it is collected before its time; its process does not live to dispose of it.
        private static Timer? _timer;

        public override void StepStarted(PlanStep begun)
        {
            base.StepStarted(begun);
            if (begun.Id == step)
                _timer = new Timer(_ => Process.GetCurrentProcess().Kill(), null, milliseconds, Timeout.Infinite);
        }
    }
}
