using Howdah.Cluster.Observation;
using Howdah.Core.Errors;
using Howdah.Integration.Tests.Fixtures;
using Howdah.Integration.Tests.Server;
using Howdah.Postgres.ConnectionStrings;
using Howdah.Postgres.Sql;

namespace Howdah.Integration.Tests.Cluster;

/// <summary>
/// Each role tries everything that it must not do, with its right password, on a cluster that Howdah made; and what it may do beyond what
/// one would think is what docs/security.md says.
/// </summary>
public sealed class RolePrivilegeTests
{
    /// <summary>Insufficient privilege (PostgreSQL 11-18, manual appendix A).</summary>
    private const string Denied = "42501";

    private const string InUse = "55006";

    /// <summary>No line of pg_hba.conf lets it in, or the password is wrong.</summary>
    private static readonly string[] NotLetIn = ["28000", "28P01"];

    /// <summary>Data of others.</summary>
    private static readonly string[] Tables =
    [
        "select * from secret",
        "copy secret to stdout",
        "insert into secret values (2)",
        "drop table secret",
        "truncate secret",
        "delete from howdah.proof",
        "truncate howdah.proof",
        "drop table howdah.proof",
        "create table howdah.intruder (x int)",
        "select rolpassword from pg_authid",
        "select passwd from pg_shadow",
        "select * from pg_statistic",
    ];

    /// <summary>Files and programs of the host.</summary>
    private static readonly string[] Host =
    [
        "select pg_read_file('PG_VERSION')",
        "select pg_read_binary_file('PG_VERSION')",
        "select pg_stat_file('PG_VERSION')",
        "select pg_ls_dir('.')",
        "select lo_import('/etc/passwd')",
        "select lo_export(1, '/tmp/howdah-intruder')",
        "copy (select 1) to program 'true'",
        "copy howdah.proof from program 'true'",
        "copy (select 1) to '/tmp/howdah-intruder'",
        "copy howdah.proof from '/etc/passwd'",
        "create function pg_temp.intruder() returns int language internal as 'int4in'",
        "create tablespace intruder location '/tmp'",
        "load '/tmp/intruder'",
        "select * from pg_hba_file_rules",
        "select * from pg_file_settings",
    ];

    /// <summary>Rights, and what the whole server does.</summary>
    private static readonly string[] Server =
    [
        "create role intruder",
        "drop role streaming_barman",
        "alter role current_user superuser",
        "alter role current_user createrole",
        "alter role streaming_barman password 'intruder'",
        "set role postgres",
        "set session authorization postgres",
        "grant pg_read_server_files to current_user",
        "grant pg_write_server_files to current_user",
        "create database intruder",
        "drop database other",
        "alter database postgres set search_path = intruder",
        "create schema intruder",
        "create publication intruder for all tables",
        "create subscription intruder connection 'host=127.0.0.1' publication intruder with (connect = false)",
        "alter system set fsync = off",
        "set log_min_messages = panic",
        "set session_replication_role = replica",
        "select pg_reload_conf()",
        "select pg_rotate_logfile()",
        "select pg_stat_reset()",
        "select pg_wal_replay_pause()",
        "select pg_terminate_backend(pid) from pg_stat_replication",
        "select pg_cancel_backend(pid) from pg_stat_replication",
    ];

    [Theory]
    [MemberData(nameof(SupportedMajors.Tested), MemberType = typeof(SupportedMajors))]
    public async Task Roles_fail_at_everything_that_they_must_not_do(int major)
    {
        if (await Unprivileged.HasRunElsewhereAsync(major))
            return;
        await using var lab = new ClusterLab(major);
        await lab.UpAsync();
        await using (var superuser = lab.Connect(lab.Master))
        {
            await superuser.ExecuteAsync("create table secret as select 1 as x", [], lab.Token);
            await superuser.ExecuteAsync("create database other", [], lab.Token);
        }

        var users = lab.Model.Users;
        await AssertDeniedAsync(lab, users.Backup, [.. Tables, .. Host, .. Server, .. NotIn(major)]);
        foreach (var database in new[] { "other", "template1" })
            await AssertNotLetInAsync(lab, users.Backup, database);
        foreach (var database in new[] { "postgres", "other", "template1" })
            await AssertNotLetInAsync(lab, users.Replication, database);
        foreach (var role in new[] { users.Superuser, users.Backup, users.Replication })
            await AssertNotLetInAsync(lab, role, "postgres", settings => settings with { Password = new("guessed") });
        await AssertNotLetInAsync(lab, users.Superuser, "postgres");
        await AssertSocketIsTheSuperusersAsync(lab);
        await AssertReplicationIsNoSqlAsync(lab);
        await AssertSlotsAreInReachAsync(lab);
        // The superuser's is kept nowhere.
        string[] kept = [$"{users.Backup}.password", "passfile", $"{users.Replication}.password"];
        Assert.Equal(kept, Directory.GetFiles(lab.Model.Paths.SecretsDirectory).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    private static async Task AssertDeniedAsync(ClusterLab lab, string role, IReadOnlyList<string> statements)
    {
        await using var session = SqlDatabase.Open(NodeConnections.To(lab.Model, role, lab.Master) with { Database = "postgres" });
        var wrong = new List<string>();
        foreach (var statement in statements)
        {
            var refused = await Record.ExceptionAsync(() => session.ExecuteAsync(statement, [], lab.Token));
            if (refused?.Message.Contains($"answered {Denied}", StringComparison.Ordinal) != true)
                wrong.Add($"{statement}: {refused?.Message ?? "done"}");
        }

        Assert.Empty(wrong);
    }

    /// <summary>Before 15 everybody may create in the schema public, where the superuser's sessions look, too.</summary>
    [Theory]
    [InlineData(11)]
    [InlineData(13)]
    public async Task An_operator_that_somebody_made_to_catch_the_superuser_does_not_catch_us(int major)
    {
        if (await Unprivileged.HasRunElsewhereAsync(major))
            return;
        await using var lab = new ClusterLab(major);
        await lab.UpAsync();
        var role = lab.Model.Users.Backup;
        await using (var session = SqlDatabase.Open(NodeConnections.To(lab.Model, role, lab.Master) with { Database = "postgres" }))
        {
            foreach (var statement in Trap(role))
                await session.ExecuteAsync(statement, [], lab.Token);
        }

        await lab.Operations().StatusAsync(lab.Token);
        await lab.UpAsync();

        Assert.Equal("false", await lab.ScalarAsync(lab.Master, $"select rolsuper from pg_roles where rolname = '{role}'"));
    }

    /// <summary>What our statements do with a text and a number, and a name and a text, and the system has only near matches for.</summary>
    private static IEnumerable<string> Trap(string role)
    {
        var take = $"begin execute 'alter role {role} superuser'; exception when others then null; end;";
        yield return $"create function public.join(text, int) returns text language plpgsql as $$ begin {take} return $1; end $$";
        yield return "create operator public.|| (leftarg = text, rightarg = int, procedure = public.join)";
        yield return $"create function public.same(name, text) returns bool language plpgsql as $$ begin {take} return true; end $$";
        yield return "create operator public.= (leftarg = name, rightarg = text, procedure = public.same)";
    }

    /// <summary>What some versions let everybody do.</summary>
    private static IEnumerable<string> NotIn(int major)
    {
        // Older versions let everybody create in the schema public (release notes of 15): docs/security.md says so.
        if (major >= 15)
            yield return "create table public.intruder (x int)";
        else
            yield return "checkpoint";
        if (major >= 12)
            yield return "select pg_promote()";
    }

    /// <summary>The user that runs the server comes in through the socket, and as nobody but the superuser.</summary>
    private static async Task AssertSocketIsTheSuperusersAsync(ClusterLab lab)
    {
        var socket = lab.Model.Paths.SocketDirectory(lab.Master);
        foreach (var role in new[] { lab.Model.Users.Backup, lab.Model.Users.Replication })
        {
            var refused = await PsqlAsync(lab, $"host={socket} port={lab.Master.Port} user={role} dbname=postgres", "select 1");
            Assert.Contains("no pg_hba.conf entry", refused.Error, StringComparison.Ordinal);
        }
    }

    /// <summary>A replication connection takes the commands of replication, which write nothing to the host.</summary>
    private static async Task AssertReplicationIsNoSqlAsync(ClusterLab lab)
    {
        foreach (var role in new[] { lab.Model.Users.Replication, lab.Model.Users.Backup })
        {
            var physical = Place(lab, role) + " replication=true";
            Assert.Equal(0, (await PsqlAsync(lab, physical, "IDENTIFY_SYSTEM")).ExitCode);
            var sql = await PsqlAsync(lab, physical, "select 1");
            Assert.Contains("0A000", sql.Error, StringComparison.Ordinal);
            if (lab.Major >= 15)
            {
                var onServer = await PsqlAsync(lab, physical, "BASE_BACKUP (TARGET 'server', TARGET_DETAIL '/tmp/howdah-intruder')");
                Assert.Contains(Denied, onServer.Error, StringComparison.Ordinal);
            }
        }

        var logical = await PsqlAsync(
            lab, Place(lab, lab.Model.Users.Replication) + " dbname=postgres replication=database", "select 1");
        Assert.Contains("no pg_hba.conf entry", logical.Error, StringComparison.Ordinal);
        var superuser = await PsqlAsync(lab, Place(lab, lab.Model.Users.Superuser) + " replication=true", "IDENTIFY_SYSTEM");
        Assert.NotEqual(0, superuser.ExitCode);
    }

    /// <summary>PostgreSQL gives whoever may replicate all slots; one that somebody streams from cannot be dropped.</summary>
    private static async Task AssertSlotsAreInReachAsync(ClusterLab lab)
    {
        var (replication, backup) = (Place(lab, lab.Model.Users.Replication) + " replication=true", Place(lab, lab.Model.Users.Backup));
        await TestWait.UntilAsync(
            "the standby streams from its slot",
            async () => await lab.ScalarAsync(
                lab.Master, $"select active from pg_replication_slots where slot_name = '{lab.Slave.SlotName}'") == "true");
        foreach (var (place, drop) in new[]
        {
            (replication, $"DROP_REPLICATION_SLOT {lab.Slave.SlotName}"),
            (backup + " dbname=postgres", $"select pg_drop_replication_slot('{lab.Slave.SlotName}')"),
        })
        {
            var refused = await PsqlAsync(lab, place, drop);
            Assert.Contains(InUse, refused.Error, StringComparison.Ordinal);
        }

        // Of another owner, and nobody uses it now that no receiver runs.
        await TestWait.UntilAsync(
            "the slot of the receiver is free",
            async () => await lab.ScalarAsync(
                lab.Master, $"select active from pg_replication_slots where slot_name = '{lab.Model.Backup.SlotName}'") == "false");
        var dropped = await PsqlAsync(lab, replication, $"DROP_REPLICATION_SLOT {lab.Model.Backup.SlotName}");
        Assert.True(dropped.ExitCode == 0, dropped.Everything);
    }

    private static async Task AssertNotLetInAsync(
        ClusterLab lab, string role, string database, Func<ConnectionSettings, ConnectionSettings>? change = null)
    {
        var refusal = await RefusalAsync(lab, role, database, "select 1", change);
        Assert.True(
            NotLetIn.Any(state => refusal.Contains(state, StringComparison.Ordinal))
                || refusal.Contains("password", StringComparison.OrdinalIgnoreCase),
            $"{role} on {database}: {refusal}");
    }

    /// <summary>What the server said; fails where it did what it was asked.</summary>
    private static async Task<string> RefusalAsync(
        ClusterLab lab, string role, string database, string statement, Func<ConnectionSettings, ConnectionSettings>? change = null)
    {
        var settings = NodeConnections.To(lab.Model, role, lab.Master) with { Database = database };
        await using var session = SqlDatabase.Open(change is null ? settings : change(settings));
        var refused = await Record.ExceptionAsync(() => session.ExecuteAsync(statement, [], lab.Token));
        Assert.True(refused is OperationException, $"{role} on {database} may: {statement}");
        return refused.Message;
    }

    private static string Place(ClusterLab lab, string role) => $"host={lab.Master.Address} port={lab.Master.Port} user={role}";

    private static Task<CommandResult> PsqlAsync(ClusterLab lab, string place, string command) => TestCommand.TryRunAsync(
        [TestInstallation.Psql, "-XAtw", "-v", "VERBOSITY=verbose", $"{place} passfile={lab.Model.Paths.PassFile}", "-c", command]);
}
