using Howdah.Integration.Tests.Fixtures;

namespace Howdah.EndToEnd.Tests;

/// <summary>What a person sees of <c>howdah adopt</c>.</summary>
public sealed class AdoptCommandTests
{
    private const int Refused = 16;

    [Fact]
    public async Task It_shows_what_it_does_and_does_it_without_a_restart()
    {
        await using var server = await StartAsync("host all app 127.0.0.0/8 scram-sha-256");
        await using var directory = await TestDirectory.CreateAsync("adopt");
        var environment = await WriteAsync(server, directory, server.Port);

        var unasked = await HowdahAsync(environment, "adopt");
        Assert.Equal(Refused, unasked.ExitCode);
        Assert.Contains("say --yes", unasked.Error);

        var adopted = await HowdahAsync(environment, "adopt", "--yes");
        Assert.True(adopted.ExitCode == 0, adopted.Everything);
        Assert.Contains("main, primary: PostgreSQL 15.", adopted.Output);
        Assert.Contains("the cluster file gets, in [settings]:\n  ", adopted.Output);
        Assert.Contains("\n  shared_buffers = 16MB\n", adopted.Output);
        Assert.Contains("    fsync: off -> on: ", adopted.Output);
        Assert.Contains("host all app 127.0.0.0/8 scram-sha-256", adopted.Output);
        Assert.Contains("now run: howdah up\nit will restart no server", adopted.Error);
        Assert.Equal($"{server.Postmaster}", File.ReadLines(Path.Combine(server.DataDirectory, "postmaster.pid")).First());

        var again = await HowdahAsync(environment, "adopt");
        Assert.Equal(0, again.ExitCode);
        Assert.Contains("nothing to do", again.Output);
        var plan = await HowdahAsync(environment, "plan");
        Assert.Contains("write howdah.conf, pg_hba.conf", plan.Output);
        Assert.DoesNotContain("restart", plan.Output);
        Assert.DoesNotContain("make the database system", plan.Output);
    }

    [Fact]
    public async Task What_does_not_fit_is_told_with_what_to_do()
    {
        await using var server = await StartAsync("host all app 127.0.0.0/8 trust");
        await using var directory = await TestDirectory.CreateAsync("adopt");
        var environment = await WriteAsync(server, directory, server.Port);
        var refused = await HowdahAsync(environment, "adopt", "--yes");
        Assert.Equal(Refused, refused.ExitCode);
        Assert.Contains("main: pg_hba.conf: host all app 127.0.0.0/8 trust: method trust lets anybody in", refused.Error);
        Assert.Contains("write in its place: host all app 127.0.0.0/8 scram-sha-256", refused.Error);
        Assert.Contains("howdah: error [608] adoption-refused", refused.Error);

        await WriteAsync(server, directory, server.Port + 1);
        Assert.Contains($"set port = {server.Port}", (await HowdahAsync(environment, "adopt", "--yes")).Error);
        Assert.False(File.Exists(directory.File("howdah.toml.before-adopt")));
    }

    private static async Task<TestServer> StartAsync(string line)
    {
        var server = await TestServer.PrepareAsync(
            new TestServerOptions { HbaLines = ["local all postgres peer map=howdah", line] });
        var user = TestEnvironment.IsRoot ? TestEnvironment.ServerUser : Environment.UserName;
        await File.AppendAllTextAsync(Path.Combine(server.DataDirectory, "pg_ident.conf"), $"howdah {user} postgres\n");
        await server.StartAgainAsync();
        return server;
    }

    private static async Task<IReadOnlyDictionary<string, string>> WriteAsync(TestServer server, TestDirectory directory, int port)
    {
        var path = directory.File("howdah.toml");
        await File.WriteAllTextAsync(path, $"""
            [cluster]
            name = "shop"
            postgresql = {server.Major}
            directory = "{directory.File("cluster")}"
            [[nodes]]
            name = "main"
            address = "{server.Address}"
            port = {port}
            data_directory = "{server.DataDirectory}"
            [backup]
            address = "127.0.0.4"
            """);
        await TestDirectory.GiveToServerUserAsync(path);
        return new Dictionary<string, string> { ["HOWDAH_CONFIG"] = path };
    }

    private static Task<CommandResult> HowdahAsync(IReadOnlyDictionary<string, string> environment, params string[] arguments) =>
        TestCommand.TryRunAsync([HowdahBinary.Path, .. arguments], environment);
}
