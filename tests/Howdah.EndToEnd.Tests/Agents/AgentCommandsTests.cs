using System.Net.Http.Json;
using System.Text.Json;
using Howdah.Cli;
using Howdah.Cli.Forwarding;
using Howdah.Cluster.Agents;
using Howdah.Core.Errors;
using Howdah.Daemon;
using Howdah.Integration.Tests.Fixtures;
using Howdah.Postgres.Server;
using Microsoft.Extensions.Time.Testing;

namespace Howdah.EndToEnd.Tests.Agents;

/// <summary>Commands that other hosts have carried out here.</summary>
public sealed class AgentCommandsTests
{
    [Fact]
    public async Task Output_comes_line_by_line_and_then_the_exit_code()
    {
        await using var scene = await SceneAsync(
            """
            echo "$*"
            echo "forwarded: $HOWDAH_FORWARDED"
            echo oops >&2
            printf 'no end'
            exit 3
            """);
        List<CommandOutput> outputs = [];

        var code = await scene.ClientOf("beta").RunCommandAsync(
            AgentScene.Server, ["status", "--json"], outputs.Add, TestEnvironment.Stop);

        Assert.Equal(3, code);
        Assert.Equal(
            [$"--config {scene.Model.Paths.ClusterFile} status --json", "forwarded: 1", "no end"],
            outputs.Select(output => output.Out).OfType<string>());
        Assert.Equal(["oops"], outputs.Select(output => output.Error).OfType<string>());
        Assert.Equal("no end", outputs.Single(output => output.IsPart).Out);
        Assert.Equal("<6>beta runs here: status\n<6>beta ran here: status: exit code 3\n", scene.Log);
    }

    [Fact]
    public async Task Output_is_there_before_the_command_ends()
    {
        await using var scene = await SceneAsync("echo first; while [ ! -e go ]; do sleep 0.05; done; echo last");
        List<string?> outputs = [];

        await scene.ClientOf("beta").RunCommandAsync(
            AgentScene.Server,
            ["status"],
            output =>
            {
                outputs.Add(output.Out);
                File.WriteAllText(scene.PathOf("go"), "");
            },
            TestEnvironment.Stop);

        Assert.Equal(["first", "last"], outputs);
    }

    [Fact]
    public async Task A_caller_that_goes_away_ends_the_command()
    {
        await using var scene = await SceneAsync("trap 'echo ended > ended; exit 0' TERM; echo $$; while :; do sleep 0.05; done");
        using var call = CancellationTokenSource.CreateLinkedTokenSource(TestEnvironment.Stop);
        var process = 0;

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => scene.ClientOf("beta").RunCommandAsync(
            AgentScene.Server,
            ["drill"],
            output =>
            {
                process = int.Parse(output.Out!);
                call.Cancel();
            },
            call.Token));

        await TestWait.UntilAsync("the command's end", () => File.Exists(scene.PathOf("ended")) && !ProcessSignal.IsAlive(process));
        await TestWait.UntilAsync("its line in the log", () => scene.Log.Contains("<4>drill for beta was ended: the caller went away\n"));
    }

    [Fact]
    public async Task An_agent_that_stops_ends_the_commands_first()
    {
        await using var scene = await SceneAsync("trap 'echo ended > ended; exit 0' TERM; echo up; while :; do sleep 0.05; done");
        var started = new TaskCompletionSource();
        var call = scene.ClientOf("beta").RunCommandAsync(
            AgentScene.Server, ["drill"], _ => started.TrySetResult(), TestEnvironment.Stop);
        await started.Task;

        await scene.StopAsync();

        Assert.Equal(ErrorCodes.AgentUnreachable, (await Assert.ThrowsAsync<OperationException>(() => call)).Code);
        Assert.True(File.Exists(scene.PathOf("ended")));
    }

    [Fact]
    public async Task A_process_that_a_command_leaves_behind_holds_nobody_up()
    {
        await using var scene = await SceneAsync("sleep 300 & echo $!");
        var left = 0;

        var code = await scene.ClientOf("beta").RunCommandAsync(
            AgentScene.Server, ["status"], output => left = int.Parse(output.Out!), TestEnvironment.Stop);

        Assert.Equal(0, code);
        Assert.True(ProcessSignal.IsAlive(left));
        ProcessSignal.Terminate(left);
    }

    [Fact]
    public async Task A_line_that_is_too_long_comes_in_pieces()
    {
        await using var scene = await SceneAsync(@"head -c 1000000 /dev/zero | tr '\0' '\001'");
        List<string> pieces = [];

        var code = await scene.ClientOf("beta").RunCommandAsync(
            AgentScene.Server, ["status"], output => pieces.Add(output.Out!), TestEnvironment.Stop);

        Assert.Equal((0, 1_000_000), (code, pieces.Sum(piece => piece.Length)));
        Assert.All(pieces, piece => Assert.InRange(piece.Length, 1, 150_000));
    }

    [Fact]
    public async Task What_comes_out_here_is_what_was_written_there()
    {
        await using var scene = await SceneAsync(@"printf 'a\r\n\n'; head -c 400000 /dev/zero | tr '\0' x; printf '\360\237\220\230'; printf 'e' >&2; exit 7");
        using var output = new StringWriter();
        using var error = new StringWriter();
        var host = CliHost.OfProcess() with { Out = output, Error = error, Environment = _ => null };
        var forwarder = new CommandForwarder(host, scene.ModelOf("beta"));

        var code = await forwarder.RunAsync(
            AgentScene.Server, new ForwardedCommand("howdah status", ["status"], "which knows"), TestEnvironment.Stop);

        Assert.Equal(7, code);
        Assert.Equal($"a\r\n\n{new string('x', 400_000)}\U0001F418", output.ToString());
        Assert.Equal("e", error.ToString());
    }

    [Fact]
    public async Task A_command_that_is_silent_gives_signs_of_life()
    {
        var clock = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var scene = await new AgentScene(clock).Script("while [ ! -e go ]; do sleep 0.05; done; echo done").StartAsync();
        var body = JsonContent.Create(new CommandRequest(["status"]), AgentJson.Default.CommandRequest);
        using var request = new HttpRequestMessage(HttpMethod.Post, AgentPaths.Commands) { Content = body };
        using var response = await scene.Browser(scene.Certificate("beta"))
            .SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestEnvironment.Stop);
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(TestEnvironment.Stop));
        var read = lines.ReadLineAsync(TestEnvironment.Stop).AsTask();
        await TestWait.UntilAsync("a sign of life", () =>
        {
            clock.Advance(TimeSpan.FromSeconds(5));
            return read.IsCompleted;
        });
        Assert.Equal(new CommandOutput(), JsonSerializer.Deserialize((await read)!, AgentJson.Default.CommandOutput));

        // A client of ours hands none of them on.
        List<CommandOutput> outputs = [];
        var call = scene.ClientOf("gamma").RunCommandAsync(AgentScene.Server, ["status"], outputs.Add, TestEnvironment.Stop);
        await TestWait.UntilAsync("it runs", () => scene.Log.Contains("gamma runs here", StringComparison.Ordinal));
        clock.Advance(TimeSpan.FromSeconds(5));
        File.WriteAllText(scene.PathOf("go"), "");
        Assert.Equal(0, await call);
        Assert.Equal(["done"], outputs.Select(output => output.Out));
    }

    [Fact]
    public async Task Where_nobody_listens_it_is_said_what_was_to_run_where()
    {
        await using var scene = new AgentScene();
        var forwarder = new CommandForwarder(CliHost.OfProcess() with { Environment = _ => null }, scene.ModelOf("beta"));

        var failure = await Assert.ThrowsAsync<OperationException>(() => forwarder.RunAsync(
            AgentScene.Server, new ForwardedCommand("howdah backups", ["backups"], "which has the repository"), TestEnvironment.Stop));

        Assert.Equal(ErrorCodes.AgentUnreachable, failure.Code);
        Assert.StartsWith(
            $"howdah backups is carried out on alpha, which has the repository: the agent of alpha (127.0.0.1:{scene.Port}) cannot be reached: ",
            failure.Message, StringComparison.Ordinal);
        Assert.StartsWith("start it on alpha: systemctl start howdah-agent", failure.Hint, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("destroy")]
    [InlineData("psql")]
    [InlineData("status", "--config", "/tmp/other.toml")]
    public async Task A_command_that_is_not_allowed_is_refused(params string[] arguments)
    {
        await using var scene = await SceneAsync("touch ran");

        var failure = await Assert.ThrowsAsync<OperationException>(
            () => scene.ClientOf("beta").RunCommandAsync(AgentScene.Server, arguments, _ => { }, TestEnvironment.Stop));

        Assert.Equal(ErrorCodes.AgentRefused, failure.Code);
        Assert.False(File.Exists(scene.PathOf("ran")));
    }

    [Fact]
    public async Task No_more_commands_run_at_once_than_may()
    {
        await using var scene = await SceneAsync(
            "echo up; while [ ! -e go ]; do sleep 0.05; done", new AgentServerLimits { Commands = 2 });
        var client = scene.ClientOf("beta");
        var started = new CountdownEvent(2);
        Task<int> Run() => client.RunCommandAsync(AgentScene.Server, ["status"], _ => started.Signal(), TestEnvironment.Stop);
        Task<int>[] running = [Run(), Run()];
        await TestWait.UntilAsync("two commands", () => started.IsSet);

        var failure = await Assert.ThrowsAsync<OperationException>(Run);

        Assert.Equal(ErrorCodes.Locked, failure.Code);
        File.WriteAllText(scene.PathOf("go"), "");
        var codes = await Task.WhenAll(running);
        Assert.Equal([0, 0], codes);
    }

    private static Task<AgentScene> SceneAsync(string script, AgentServerLimits? limits = null) =>
        new AgentScene { Limits = limits ?? new AgentServerLimits() }.Script(script).StartAsync();
}
