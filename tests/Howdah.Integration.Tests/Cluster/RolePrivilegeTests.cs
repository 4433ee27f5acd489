using Howdah.Cluster.Observation;
using Howdah.Core.Errors;
using Howdah.Integration.Tests.Fixtures;
using Howdah.Integration.Tests.Server;
using Howdah.Postgres.ConnectionStrings;
using Howdah.Postgres.Sql;

namespace Howdah.Integration.Tests.Cluster;

/// <summary>Each role tries everything that it must not do, with its right password, on a cluster that Howdah made.</summary>
public sealed class RolePrivilegeTests
{
    /// <summary>Insufficient privilege (PostgreSQL 11-18, manual appendix A).</summary>
    private const string Denied = "42501";

    /// <summary>No line of pg_hba.conf lets it in, or the password is wrong.</summary>
    private static readonly string[] NotLetIn = ["28000", "28P01"];

    private static readonly string[] MustNot =
    [
        "select * from secret",
        "insert into secret values (2)",
        "drop table secret",
        "truncate secret",
        "create role intruder",
        "alter role current_user superuser",
        "create database intruder",
        "create schema intruder",
        "alter system set fsync = off",
        "select rolpassword from pg_authid",
        "select pg_read_file('PG_VERSION')",
        "select pg_ls_dir('.')",
        "select lo_import('/etc/passwd')",
        "copy (select 1) to program 'true'",
        "copy (select 1) to '/tmp/howdah-intruder'",
        "set role postgres",
        "grant pg_read_server_files to current_user",
        "select pg_reload_conf()",
        "load '/tmp/intruder'",
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
        foreach (var statement in major >= 15 ? [.. MustNot, "create table public.intruder (x int)"] : MustNot)
            Assert.Contains($"answered {Denied}", await RefusalAsync(lab, users.Backup, "postgres", statement), StringComparison.Ordinal);
        await AssertNotLetInAsync(lab, users.Backup, "other");
        await AssertNotLetInAsync(lab, users.Backup, "template1");
        await AssertNotLetInAsync(lab, users.Replication, "postgres");
        await AssertNotLetInAsync(lab, users.Replication, "other");
        await AssertNotLetInAsync(lab, users.Superuser, "postgres");
        await AssertNotLetInAsync(lab, users.Backup, "postgres", settings => settings with { Password = new("guessed") });
        await AssertNotLetInAsync(lab, users.Replication, "postgres", settings => settings with { Password = new("guessed") });
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
}
