using Howdah.Cluster;
using Howdah.Cluster.Planning;
using Howdah.Cluster.Supervision;
using Howdah.Core.Errors;
using Howdah.Integration.Tests.Fixtures;
using Howdah.Integration.Tests.Server;
using Howdah.Storage;

namespace Howdah.Integration.Tests.Cluster;

/// <summary>An edited cluster file on a cluster that runs.</summary>
public sealed class ChangedSettingsTests
{
    [Theory]
    [MemberData(nameof(SupportedMajors.Tested), MemberType = typeof(SupportedMajors))]
    public async Task What_a_standby_needs_as_much_of_as_its_primary_is_raised_and_lowered(int major)
    {
        if (await Unprivileged.HasRunElsewhereAsync(major))
            return;
        await using var lab = new ClusterLab(major);
        await lab.UpAsync();
        Assert.EndsWith(
            ": max_connections = 210, which takes a restart; work_mem = 7MB",
            await WhyWrittenAsync(lab, "max_connections = 210\nwork_mem = \"7MB\""), StringComparison.Ordinal);
        // As initdb has set it.
        Assert.EndsWith(": max_connections = 100", await WhyWrittenAsync(lab, "max_connections = 100"), StringComparison.Ordinal);
        Assert.Equal(["slave", "master"], await RestartedAsync(lab, "max_connections = 210"));
        Assert.Equal(["master", "slave"], await RestartedAsync(lab, "max_connections = 40"));
        Assert.Equal(
            ["slave", "master", "slave"], await RestartedAsync(lab, "max_connections = 60\nmax_worker_processes = 6"));

        // The standby is down, and what it has replayed still says 60.
        await lab.Operations().DownAsync(lab.Token);
        await RestartedAsync(lab, "max_connections = 30\nmax_worker_processes = 6");
    }

    [Theory]
    [MemberData(nameof(SupportedMajors.Tested), MemberType = typeof(SupportedMajors))]
    public async Task Alter_system_behind_our_back_is_told_until_it_is_taken_back(int major)
    {
        if (await Unprivileged.HasRunElsewhereAsync(major))
            return;
        await using var lab = new ClusterLab(major, synchronous: "any");
        await lab.UpAsync();
        await using var database = lab.Connect(lab.Master);
        foreach (var (name, value) in new[] { ("fsync", "off"), ("synchronous_standby_names", "''"), ("synchronous_commit", "local") })
        {
            await AlterAsync($"set {name} = {value}");
            await lab.EventuallyAsync(
                $"{name} is told", status => status.Reasons.Any(reason => reason.StartsWith($"{name} is ", StringComparison.Ordinal)
                    && reason.Contains("on master by postgresql.auto.conf line ", StringComparison.Ordinal)));
            await AlterAsync($"reset {name}");
        }

        await lab.EventuallyAsync("nothing overrides", status => status.Checks.Any(
            check => check is { Subject: "settings", Verdict: Verdict.Good }));

        async Task AlterAsync(string change)
        {
            await database.ExecuteAsync($"alter system {change}", [], lab.Token);
            await database.QueryAsync("select pg_reload_conf()", [], lab.Token);
        }
    }

    [Theory]
    [InlineData(11, "shared_bufers = \"64MB\"", "unrecognized configuration parameter \"shared_bufers\"")]
    [InlineData(15, "shared_bufers = \"64MB\"", "unrecognized configuration parameter \"shared_bufers\"")]
    [InlineData(15, "shared_buffers = \"64 apples\"", "invalid value for parameter \"shared_buffers\"")]
    [InlineData(18, "deadlock_timeout = 0", "outside the valid range")]
    public async Task Settings_that_the_server_would_refuse_change_nothing(int major, string settings, string said)
    {
        if (await Unprivileged.HasRunElsewhereAsync($"{major} {settings}"))
            return;
        await using var lab = new ClusterLab(major);
        lab.Change(settings);
        await RefusedAsync();
        Assert.False(Directory.Exists(lab.Master.DataDirectory));

        lab.Change("");
        await lab.UpAsync();
        lab.Change(settings);
        await RefusedAsync();
        await Assert.ThrowsAsync<OperationException>(() => lab.Operations().PlanAsync(lab.Token));
        Assert.Equal("1", await lab.ScalarAsync(lab.Slave, "1"));

        async Task RefusedAsync()
        {
            var refused = await Assert.ThrowsAsync<OperationException>(() => lab.UpAsync());
            Assert.Equal(ErrorCodes.ConfigurationInvalid, refused.Code);
            Assert.Contains(said, refused.Message, StringComparison.Ordinal);
            Assert.Contains("[settings]", refused.Hint, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_supervisor_goes_over_to_the_changed_file_and_keeps_the_old_where_it_is_wrong()
    {
        if (await Unprivileged.HasRunElsewhereAsync())
            return;
        await using var lab = new ClusterLab(15);
        await using var supervised = await lab.SuperviseAsync();
        lab.Change("work_mem = \"7MB\"");
        var second = await lab.Operations().UpAsync(new UpOptions(), lab.Token);
        Assert.Equal(Environment.ProcessId, second.SupervisedBy);
        await TestWait.UntilAsync("the supervisor has heard of it", () => Said("the cluster file has changed"));

        await lab.EventuallyAsync("WAL is received again", status => status.Protected == Verdict.Good);
        Assert.Equal("7MB", await lab.ScalarAsync(lab.Master, "current_setting('work_mem')"));

        var file = lab.Model.Paths.ClusterFile;
        await File.WriteAllTextAsync(file, lab.Model.Source + "\nwork_men = 3\n", lab.Token);
        await TestWait.UntilAsync("the wrong file is refused", () => Said("unrecognized configuration parameter"));
        await File.WriteAllTextAsync(file, lab.Model.Source + "\n[[[", lab.Token);
        await TestWait.UntilAsync("the broken file is refused", () => Said("is not used: line"));
        await File.WriteAllTextAsync(file, lab.Model.Source, lab.Token);
        ClusterLab.Kill(lab.Slave);
        await lab.EventuallyAsync("the watching goes on", status => status.Protected == Verdict.Good);

        bool Said(string text) => supervised.Observer.Announcements.ToList().Any(said => said.Text.Contains(text));
    }

    [Fact]
    public async Task A_file_that_would_leave_a_server_behind_is_refused()
    {
        if (await Unprivileged.HasRunElsewhereAsync())
            return;
        await using var lab = new ClusterLab(15);
        var whole = lab.Model.Source;
        await lab.UpAsync();
        lab.Edit(text => text[..text.LastIndexOf("[[nodes]]", StringComparison.Ordinal)] + text[text.IndexOf("[backup]")..]);
        await RefusedAsync("name node slave", "howdah standby remove slave");
        lab.Edit(_ => whole.Replace("postgresql = 15", "postgresql = 18"));
        await RefusedAsync("is of 15", "set postgresql = 15");
        Assert.Equal(whole, await File.ReadAllTextAsync(lab.Model.Paths.ClusterFile, lab.Token));

        // It is not in force, and nobody is told that all is well by it.
        lab.Edit(_ => whole.Replace("127.0.10.3", "127.0.10.33"));
        var status = await lab.Operations().StatusAsync(lab.Token);
        Assert.Contains(status.Reasons, reason => reason.StartsWith("this cluster file is not the one in force", StringComparison.Ordinal));

        async Task RefusedAsync(string said, string hint)
        {
            var refused = await Assert.ThrowsAsync<OperationException>(() => lab.UpAsync());
            Assert.Contains(said, refused.Message, StringComparison.Ordinal);
            Assert.Contains(hint, refused.Hint, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_change_that_takes_long_does_not_keep_WAL_from_being_received()
    {
        if (await Unprivileged.HasRunElsewhereAsync())
            return;
        await using var lab = new ClusterLab(15);
        await using var supervised = await lab.SuperviseAsync();
        lab.Change("work_mem = \"7MB\"");
        using (FileLock.Acquire(Path.Combine(lab.Model.Paths.RunDirectory, "change.lock"), "a long copy"))
        {
            await File.WriteAllTextAsync(lab.Model.Paths.ClusterFile, lab.Model.Source, lab.Token);
            await TestWait.UntilAsync(
                "it goes over to the changed file",
                () => supervised.Observer.Announcements.ToList().Any(said => said.Text.Contains("going over")));
            await lab.EventuallyAsync("WAL is received", status => status.Backup.Verdict == Verdict.Good);
        }
    }

    [Theory]
    [MemberData(nameof(SupportedMajors.Tested), MemberType = typeof(SupportedMajors))]
    public async Task Settings_that_no_server_starts_with_are_taken_back(int major)
    {
        if (await Unprivileged.HasRunElsewhereAsync(major))
            return;
        await using var lab = new ClusterLab(major);
        await using (var supervised = await lab.SuperviseAsync())
        {
            lab.Change("work_mem = \"5MB\"");
            await lab.Operations().UpAsync(new UpOptions(), lab.Token);
            // Only a start shows that it is not there.
            lab.Change("work_mem = \"7MB\"\nshared_preload_libraries = \"no_such_library\"");
            await lab.Operations().UpAsync(new UpOptions(), lab.Token);
            await lab.EventuallyAsync("it runs as before, and says so", RunsWithFormer);
            Assert.Equal("5MB", await lab.ScalarAsync(lab.Master, "current_setting('work_mem')"));
            var started = await lab.ScalarAsync(lab.Master, "pg_postmaster_start_time()");
            ClusterLab.Kill(lab.Slave);
            await lab.EventuallyAsync("the standby is there again", RunsWithFormer);
            Assert.Equal(started, await lab.ScalarAsync(lab.Master, "pg_postmaster_start_time()"));
        }

        // Also where all was down; and what is right then counts.
        await using (await lab.SuperviseAsync())
        {
            await lab.EventuallyAsync("it runs as before, and says so", RunsWithFormer);
            lab.Change("work_mem = \"7MB\"");
            await lab.Operations().UpAsync(new UpOptions(), lab.Token);
            await lab.EventuallyAsync("all is well", status => status.Protected == Verdict.Good);
            Assert.Equal("7MB", await lab.ScalarAsync(lab.Slave, "current_setting('work_mem')"));
        }

        static bool RunsWithFormer(ClusterStatus status) =>
            status.Backup.Verdict == Verdict.Good
            && status.Nodes.All(node => node.Problem is { } problem && problem.Contains("no_such_library", StringComparison.Ordinal)
                && problem.StartsWith("runs with its former settings", StringComparison.Ordinal))
            && status.Nodes[1].Streaming == "streaming";
    }

    [Fact]
    public async Task A_standby_that_does_not_start_is_no_reason_to_stop_receiving()
    {
        if (await Unprivileged.HasRunElsewhereAsync())
            return;
        await using var lab = new ClusterLab(15);
        await lab.UpAsync();
        await lab.Operations().DownAsync(lab.Token);
        var control = Path.Combine(lab.Slave.DataDirectory, "global", "pg_control");
        File.Move(control, control + ".away");
        await using (var supervised = await lab.SuperviseAsync())
        {
            var ready = await supervised.Ready;
            Assert.Equal(ErrorCodes.ServerStartFailed, ready.Failure?.Code);
            Assert.Equal(Verdict.Bad, ready.Status.Protected);
            Assert.Equal("1", await lab.ScalarAsync(
                lab.Master, "select count(*) from pg_stat_replication where application_name = 'barman_receive_wal'"));
            File.Move(control + ".away", control);
            await lab.EventuallyAsync("all is well again", status => status.Protected == Verdict.Good);
        }
    }

    /// <summary>Why the primary's files would be written for these settings; nothing is.</summary>
    private static async Task<string> WhyWrittenAsync(ClusterLab lab, string settings)
    {
        lab.Change(settings);
        var plan = await lab.Operations().PlanAsync(lab.Token);
        return plan.Steps.Single(step => step is { Kind: PlanStepKind.WriteConfiguration, Subject: "master" }).Reason;
    }

    /// <summary>Converges on new settings; the nodes that were restarted, in order.</summary>
    private static async Task<IEnumerable<string>> RestartedAsync(ClusterLab lab, string settings)
    {
        lab.Change(settings);
        var steps = (await lab.UpAsync()).Steps;
        foreach (var value in settings.Split('\n').Select(line => line.Split(" = ")))
        {
            foreach (var node in lab.Model.Nodes)
                Assert.Equal(value[1], await lab.ScalarAsync(node, $"current_setting('{value[0]}')"));
        }

        return steps.Where(step => step.Kind == PlanStepKind.RestartServer).Select(step => step.Subject);
    }
}
