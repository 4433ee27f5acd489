using Howdah.Cluster.Adoption;
using Howdah.Cluster.Planning;
using Howdah.Integration.Tests.Fixtures;
using Howdah.Integration.Tests.Server;
using Npgsql;

namespace Howdah.Integration.Tests.Cluster;

/// <summary>Servers that somebody else set up become a cluster while an application uses them.</summary>
public sealed class AdoptTests
{
    private const string AppLine = "host all app 127.0.0.0/8 scram-sha-256";

    [Theory]
    [MemberData(nameof(SupportedMajors.Tested), MemberType = typeof(SupportedMajors))]
    public async Task A_primary_and_its_standby_are_adopted_and_protected_without_a_restart_of_the_primary(int major)
    {
        if (await Unprivileged.HasRunElsewhereAsync(major))
            return;
        await using var scene = await AdoptionScene.StartAsync(new TestServerOptions(major)
        {
            Settings = new Dictionary<string, string> { ["work_mem"] = "7MB" },
            HbaLines = [AppLine],
        });
        await scene.Main.ExecuteAsync("alter system set maintenance_work_mem = '77MB'");
        await scene.Main.ExecuteAsync("select pg_create_physical_replication_slot('somebody')");
        var standby = await scene.AddStandbyAsync();
        await scene.WriteClusterFileAsync();
        await using var application = await scene.ConnectAsAppAsync();
        var session = await PayAsync(application);
        var postmaster = AdoptionScene.Postmaster(scene.Main);

        var plan = await scene.AdoptAsync();

        Assert.Equal("7MB", scene.Model.ExtraSettings["work_mem"]);
        Assert.Equal("77MB", scene.Model.ExtraSettings["maintenance_work_mem"]);
        Assert.Contains(AppLine, scene.Model.ExtraHbaLines);
        Assert.Equal("standby", scene.Model.Nodes[1].SlotName);
        Assert.Contains(plan.LeftAlone, line => line.StartsWith("slot somebody (physical", StringComparison.Ordinal));
        Assert.StartsWith("# shop, set up long ago", scene.Model.Source, StringComparison.Ordinal);
        Assert.Contains("# a person's remark", scene.Model.Source, StringComparison.Ordinal);
        Assert.True(File.Exists(scene.ClusterFile + ".before-adopt"));
        Assert.True((await scene.PlanAsync()).IsEmpty, "a second time there is nothing to do");
        Assert.Equal(session, await PayAsync(application));

        var up = await scene.UpAsync();

        Assert.Contains(up.Steps, step => step.Kind == PlanStepKind.Prove);
        Assert.DoesNotContain(up.Steps, step => step.Kind is PlanStepKind.CloneStandby or PlanStepKind.InitializePrimary);
        Assert.DoesNotContain(up.Steps, step => step is { Kind: PlanStepKind.RestartServer, Subject: "main" });
        Assert.Equal(session, await PayAsync(application));
        Assert.Equal(postmaster, AdoptionScene.Postmaster(scene.Main));
        await using (var another = await scene.ConnectAsAppAsync())
            Assert.NotEqual(session, await PayAsync(another));
        Assert.Equal("7MB", await scene.Main.ScalarAsync("select current_setting('work_mem')"));
        Assert.Equal("77MB", await standby.ScalarAsync("select current_setting('maintenance_work_mem')"));
        Assert.Equal("on", await scene.Main.ScalarAsync("select current_setting('fsync')"));
        Assert.Equal("1", await scene.Main.ScalarAsync("select count(*) from pg_replication_slots where slot_name = 'somebody'"));
        await TestStandby.WaitForReplayAsync(scene.Main, standby);
        Assert.Equal("4", await standby.ScalarAsync("select count(*) from paid"));
        Assert.Empty(await scene.StepsLeftAsync());
        var after = await scene.PlanAsync();
        Assert.True(after.IsEmpty, "nor after up");
        Assert.All(after.Nodes.SelectMany(node => node.Changes), change => Assert.Equal(SettingMoment.NextRestart, change.Moment));
        var settings = (await scene.Operations().StatusAsync(scene.Token)).Checks.Single(check => check.Subject == "settings");
        Assert.Equal(Howdah.Cluster.Supervision.Verdict.Good, settings.Verdict);
    }

    [Theory]
    [MemberData(nameof(SupportedMajors.Ends), MemberType = typeof(SupportedMajors))]
    public async Task Files_of_Debians_layout_move_to_the_data_directory_however_often_it_is_interrupted(int major)
    {
        if (await Unprivileged.HasRunElsewhereAsync(major))
            return;
        await using var scene = await AdoptionScene.StartAsync(new TestServerOptions(major) { HbaLines = [AppLine] }, LayOutAsDebian);
        var directory = scene.File("etc");
        await scene.Main.ExecuteAsync("alter system set maintenance_work_mem = '77MB'");
        await scene.WriteClusterFileAsync();
        await using var application = await scene.ConnectAsAppAsync();
        var session = await PayAsync(application);

        // As if it were killed after each of its actions.
        for (var round = 0; await scene.PlanAsync() is { IsEmpty: false } plan; round++)
        {
            Assert.InRange(round, 0, 30);
            Assert.Empty(plan.Problems);
            var cut = plan with { Nodes = [.. plan.Nodes.Select(node => node with { Actions = [.. node.Actions.Take(1)] })] };
            await scene.Adoption().RunAsync(cut, scene.ClusterFile, scene.Token);
        }

        foreach (var name in new[] { "postgresql.conf", "pg_hba.conf", "pg_ident.conf" })
        {
            Assert.Equal(Path.Combine(scene.Main.DataDirectory, name), new FileInfo(Path.Combine(directory, name)).LinkTarget);
            Assert.True(File.Exists(Path.Combine(directory, name + ".before-howdah")));
        }

        Assert.Contains("disabled", await File.ReadAllTextAsync(Path.Combine(directory, "start.conf"), scene.Token));
        Assert.Equal("auto\n", await File.ReadAllTextAsync(Path.Combine(directory, "start.conf.before-howdah"), scene.Token));
        Assert.Equal("9MB", scene.Model.ExtraSettings["work_mem"]);
        Assert.Equal("77MB", scene.Model.ExtraSettings["maintenance_work_mem"]);
        await scene.Main.ExecuteAsync("select pg_reload_conf()");
        Assert.Equal("9MB", await scene.Main.ScalarAsync("select current_setting('work_mem')"));

        var up = await scene.UpAsync();
        Assert.DoesNotContain(up.Steps, step => step.Kind == PlanStepKind.RestartServer);
        Assert.Equal(session, await PayAsync(application));
        Assert.Empty(await scene.StepsLeftAsync());
        Assert.True((await scene.PlanAsync()).IsEmpty);

        // And it starts from there.
        await scene.Operations().DownAsync(scene.Token);
        await scene.UpAsync();
        await using var another = await scene.ConnectAsAppAsync();
        await PayAsync(another);
        Assert.Equal(
            Path.Combine(scene.Main.DataDirectory, "postgresql.conf"),
            await scene.Main.ScalarAsync("select current_setting('config_file')"));
        Assert.True((await scene.PlanAsync()).IsEmpty);
    }

    [Fact]
    public async Task What_needs_a_restart_is_told_and_left_to_up()
    {
        if (await Unprivileged.HasRunElsewhereAsync())
            return;
        await using var scene = await AdoptionScene.StartAsync(new TestServerOptions
        {
            Settings = new Dictionary<string, string>
            {
                ["wal_level"] = "minimal",
                ["max_wal_senders"] = "0",
                ["archive_mode"] = "off",
                ["archive_command"] = "true",
            },
            HbaLines = [AppLine],
        });
        await scene.WriteClusterFileAsync();
        var postmaster = AdoptionScene.Postmaster(scene.Main);
        var plan = await scene.AdoptAsync();
        Assert.Equal(postmaster, AdoptionScene.Postmaster(scene.Main));
        var restarts = plan.Nodes[0].Changes.Where(change => change.Moment == SettingMoment.Restart).Select(change => change.Name);
        Assert.Equal(["max_wal_senders", "wal_level"], restarts.Order(StringComparer.Ordinal));
        Assert.Contains(plan.Nodes[0].Stays, setting => setting.Name == "archive_command");
        Assert.Contains(plan.Notes, note => note.Contains("wal_level = minimal", StringComparison.Ordinal));

        var up = await scene.UpAsync();
        Assert.Contains(up.Steps, step => step is { Kind: PlanStepKind.RestartServer, Subject: "main" });
        Assert.NotEqual(postmaster, AdoptionScene.Postmaster(scene.Main));
        Assert.Empty(await scene.StepsLeftAsync());
        var status = await scene.Operations().StatusAsync(scene.Token);
        Assert.DoesNotContain(status.Reasons, reason => reason.Contains("archive_command", StringComparison.Ordinal));
        Assert.True((await scene.PlanAsync()).IsEmpty);
    }

    [Fact]
    public async Task All_that_does_not_fit_is_told_at_once_and_nothing_is_changed()
    {
        if (await Unprivileged.HasRunElsewhereAsync())
            return;
        await using var scene = await AdoptionScene.StartAsync(new TestServerOptions
        {
            Settings = new Dictionary<string, string> { ["wal_level"] = "logical", ["password_encryption"] = "md5" },
            HbaLines = ["host all old 127.0.0.0/8 md5", "host all all ::1/128 trust", AppLine],
        });
        await scene.Main.ExecuteAsync("create role old login password 'old'; create role boss superuser");
        await scene.Main.ExecuteAsync("select pg_create_logical_replication_slot('feed', 'test_decoding')");
        scene.Edits = "[users]\nreplication = \"boss\"\n";
        await scene.WriteClusterFileAsync();
        var hba = Path.Combine(scene.Main.DataDirectory, "pg_hba.conf");
        var before = await File.ReadAllTextAsync(hba, scene.Token);

        var problems = (await scene.PlanAsync()).Problems;
        Assert.Contains(problems, problem => problem.Message.Contains("role boss", StringComparison.Ordinal));
        Assert.Contains(problems, problem => problem.Message.Contains("logical slot feed", StringComparison.Ordinal));
        Assert.Contains(problems, problem => problem.Message.Contains("host all all ::1/128 trust: method trust", StringComparison.Ordinal)
            && problem.Hint.Contains("host all all ::1/128 scram-sha-256", StringComparison.Ordinal));
        Assert.Contains(problems, problem => problem.Message.Contains("the passwords of old are stored", StringComparison.Ordinal));
        Assert.Equal(before, await File.ReadAllTextAsync(hba, scene.Token));
        Assert.False(File.Exists(scene.ClusterFile + ".before-adopt"));

        // What only leaving out can mend is left out where a person says so; the rest still stands.
        Assert.DoesNotContain((await scene.PlanAsync(leavesOut: true)).Problems, problem => problem.Message.Contains("pg_hba.conf"));

        await scene.Main.StopAsync();
        Assert.Contains("does not accept connections", (await scene.PlanAsync()).Problems.Single().Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_standby_of_somebody_else_is_refused()
    {
        if (await Unprivileged.HasRunElsewhereAsync())
            return;
        await using var other = await AdoptionScene.StartAsync(new TestServerOptions { HbaLines = [AppLine] });
        var standby = await other.AddStandbyAsync();
        await using var scene = await AdoptionScene.StartAsync(new TestServerOptions { HbaLines = [AppLine] });
        scene.Edits = $"""
            [[nodes]]
            name = "copy"
            address = "127.0.0.1"
            port = {standby.Port}
            data_directory = "{standby.DataDirectory}"
            """;
        await scene.WriteClusterFileAsync();
        var problem = (await scene.PlanAsync()).Problems.Single();
        Assert.Equal("copy", problem.Subject);
        Assert.Contains($"follows 127.0.0.1:{other.Main.Port}, and the primary of the cluster file is main", problem.Message);
    }

    private static IReadOnlyList<string> LayOutAsDebian(AdoptionScene scene)
    {
        var data = scene.Main.DataDirectory;
        var directory = Directory.CreateDirectory(scene.File("etc")).FullName;
        foreach (var name in new[] { "postgresql.conf", "pg_hba.conf", "pg_ident.conf" })
            File.Move(Path.Combine(data, name), Path.Combine(directory, name));
        Directory.CreateDirectory(Path.Combine(directory, "conf.d"));
        File.WriteAllText(Path.Combine(directory, "conf.d", "own.conf"), "work_mem = 9MB\n");
        File.WriteAllText(Path.Combine(directory, "start.conf"), "auto\n");
        File.AppendAllText(
            Path.Combine(directory, "postgresql.conf"),
            $"""
            data_directory = '{data}'
            hba_file = '{directory}/pg_hba.conf'
            ident_file = '{directory}/pg_ident.conf'
            external_pid_file = '{scene.File("main.pid")}'
            include_dir = 'conf.d'

            """);
        return [$"config_file={directory}/postgresql.conf"];
    }

    /// <summary>The application writes; answers its session.</summary>
    private static async Task<int> PayAsync(NpgsqlConnection application)
    {
        await using var command = new NpgsqlCommand("insert into paid values (1) returning pg_backend_pid()", application);
        return (int)(await command.ExecuteScalarAsync(TestEnvironment.Stop))!;
    }
}
