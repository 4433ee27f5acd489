using Howdah.Integration.Tests.Fixtures;

namespace Howdah.EndToEnd.Tests;

/// <summary><c>howdah psql</c> and <c>howdah uri</c>: a way to the servers for people, and for their programs.</summary>
[Collection(SharedLab.Collection)]
public sealed class PsqlTests(SharedLab shared)
{
    private const int Unreachable = 12;
    private const int NotFound = 17;

    /// <summary>psql's own: an error of SQL; a script that stopped at one; a wrong option.</summary>
    private const int SqlFailed = 1;
    private const int ScriptStopped = 3;

    [Fact]
    public async Task Without_a_node_it_is_the_primary_and_the_rest_is_psqls_own()
    {
        var lab = await shared.UpAsync();
        Assert.Equal("f|postgres|postgres\n", await lab.HowdahAsync("psql", "-XAtc", Where));
        Assert.Equal("f|postgres|postgres\n", await lab.HowdahAsync("psql", "master", "-XAtc", Where));
        Assert.Equal("t|template1|postgres\n", await lab.HowdahAsync("psql", "slave", "-d", "template1", "-XAtc", Where));
        // Options of psql that are also ours, or that have a value like a word of ours.
        Assert.EndsWith(
            "?column?\n8\n(1 row)\n",
            await lab.HowdahAsync("psql", "-q", "-X", "-A", "-v", "status=8", "-c", "select 1", "-c", "select 8"));
        var script = lab.File("two words.sql");
        await File.WriteAllTextAsync(script, "select :'who';\nselect 1/0;\nselect 'not reached';\n");
        var stopped = await lab.TryHowdahAsync("psql", "slave", "-XAt", "-v", "ON_ERROR_STOP=1", "-v", "who=it's me", "-f", script);
        Assert.Equal((ScriptStopped, "it's me\n"), (stopped.ExitCode, stopped.Output));
        Assert.Contains("division by zero", stopped.Error);
    }

    [Fact]
    public async Task The_exit_code_is_psqls_and_ours_where_there_is_nobody_to_ask()
    {
        var lab = await shared.UpAsync();
        Assert.Equal(SqlFailed, (await lab.TryHowdahAsync("psql", "-XAtc", "select 1/0")).ExitCode);
        var readOnly = await lab.TryHowdahAsync("psql", "slave", "-XAtc", "create table t ()");
        Assert.Equal(SqlFailed, readOnly.ExitCode);
        Assert.Contains("read-only transaction", readOnly.Error);
        Assert.Equal(SqlFailed, (await lab.TryHowdahAsync("psql", "--no-such-option")).ExitCode);

        var unknown = await lab.TryHowdahAsync("psql", "slav", "-c", "select 1");
        Assert.Equal(NotFound, unknown.ExitCode);
        Assert.Contains("did you mean slave?", unknown.Error);
    }

    [Fact]
    public async Task What_does_not_run_is_said_before_psql_complains_of_a_socket()
    {
        await using var lab = await Lab.UpAsync();
        await lab.KillServicesAsync();
        await lab.HowdahAsync("standby", "remove", "slave");
        var slave = await lab.TryHowdahAsync("psql", "slave", "-c", "select 1");
        Assert.Equal(Unreachable, slave.ExitCode);
        Assert.Contains("the server of slave does not run\nhint: start it: howdah up --detach", slave.Error);
        Assert.Equal("f\n", await lab.HowdahAsync("psql", "-XAtc", "select pg_is_in_recovery()"));

        await lab.HowdahAsync("down");
        var none = await lab.TryHowdahAsync("psql", "-c", "select 1");
        Assert.Equal(Unreachable, none.ExitCode);
        Assert.Contains($"no server of {Lab.Name} runs\n", none.Error);
    }

    [Fact]
    public async Task A_uri_leads_a_client_of_libpq_to_where_it_says()
    {
        var lab = await shared.UpAsync();
        await lab.CreateAppRoleAsync();
        var primary = (await lab.HowdahAsync("uri", "--user", "app")).TrimEnd('\n');
        Assert.Equal(
            $"postgresql://app@{lab.PrimaryAddress}:{lab.Port},{lab.StandbyAddress}:{lab.Port}/postgres?target_session_attrs=primary",
            primary);
        Assert.Equal("f|postgres|app\n", await ConnectAsync(lab, primary));

        var slave = (await lab.HowdahAsync("uri", "slave", "--user", "app", "--database", "template1")).TrimEnd('\n');
        await TestWait.UntilAsync(
            "the role is on the standby",
            async () => await lab.SqlAsync("slave", "select count(*) from pg_roles where rolname = 'app'") == "1");
        Assert.Equal("t|template1|app\n", await ConnectAsync(lab, slave));

        var json = await lab.HowdahAsync("uri", "slave", "--user", "app", "--database", "template1", "--json");
        Assert.Equal($"{{\n  \"uri\": \"{slave}\"\n}}\n", json);
        Assert.Equal(NotFound, (await lab.TryHowdahAsync("uri", "nobody")).ExitCode);
    }

    private const string Where = "select pg_is_in_recovery(), current_database(), current_user";

    private static Task<string> ConnectAsync(Lab lab, string uri) => TestCommand.RunAsync(
        ["psql", uri, "-XAtc", Where], new Dictionary<string, string> { ["PGPASSWORD"] = Lab.AppPassword });
}
