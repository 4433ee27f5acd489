using Howdah.Cluster.Supervision;
using Howdah.Integration.Tests.Fixtures;
using Howdah.Integration.Tests.Server;

namespace Howdah.Integration.Tests.Cluster;

/// <summary>
/// Standbys of a primary with tablespaces. Both run on one machine, where PostgreSQL itself would give them the same directory: the
/// tablespace is made while there is no standby.
/// </summary>
public sealed class StandbyTablespaceTests
{
    private const string Place = "select pg_tablespace_location(oid) from pg_tablespace where spcname = 'one'";

    [Theory]
    [InlineData(11)]
    [InlineData(15)]
    [InlineData(18)]
    public async Task Each_copy_has_a_tablespace_of_its_own_and_a_replaced_one_is_removed_with_its_copy(int major)
    {
        if (await Unprivileged.HasRunElsewhereAsync(major))
            return;
        await using var lab = new ClusterLab(major);
        await lab.UpAsync();
        await lab.Operations().RemoveStandbyAsync("slave", lab.Token);
        var place = Path.Combine(lab.Directory, "one");
        Directory.CreateDirectory(place);
        await ExecuteAsync(lab, $"create tablespace one location '{place}'");
        await ExecuteAsync(lab, "create table far tablespace one as select generate_series(1, 20000) as n");

        await lab.Operations().AddStandbyAsync("slave", lab.Token);
        var first = await FollowAsync(lab, 20001);
        await lab.Operations().RebuildStandbyAsync("slave", lab.Token);
        var second = await FollowAsync(lab, 20002);
        Assert.NotEqual(first, second);
        Assert.Equal(place, await lab.ScalarAsync(lab.Master, Place));
        Assert.Equal([second], Directory.GetFileSystemEntries(Path.GetDirectoryName(second)!));
    }

    [Theory]
    [InlineData(11)]
    [InlineData(15)]
    [InlineData(18)]
    public async Task A_new_tablespace_gets_a_place_for_the_standby_a_backup_and_a_proof(int major)
    {
        if (await Unprivileged.HasRunElsewhereAsync(major))
            return;
        await using var lab = new ClusterLab(major);
        await using var supervised = await lab.SuperviseAsync();
        var place = Path.Combine(lab.Directory, "one");
        Directory.CreateDirectory(place);

        await ExecuteAsync(lab, $"create tablespace one location '{place}'");
        await TestWait.UntilAsync(
            "the standby was stopped",
            () => supervised.Observer.Announcements.ToList().Any(said => said.Text.Contains(place)));
        await lab.EventuallyAsync("all is well again", status => status.Protected == Verdict.Good);
        await ExecuteAsync(lab, "create table far tablespace one as select generate_series(1, 20000) as n");
        await TestWait.UntilAsync(
            "the table is on the standby", async () => await lab.ScalarAsync(lab.Slave, "to_regclass('far') is not null") == "true");
        await FollowAsync(lab, 20001);
        Assert.Equal(place, await lab.ScalarAsync(lab.Master, Place));
        Assert.Equal(2, (await lab.Operations().StatusAsync(lab.Token)).Backup.Snapshots);
    }

    /// <summary>Waits until the standby has one more row; answers where its tablespace is.</summary>
    private static async Task<string> FollowAsync(ClusterLab lab, int rows)
    {
        await ExecuteAsync(lab, $"insert into far values ({rows})");
        await TestWait.UntilAsync(
            "the row is on the standby", async () => await lab.ScalarAsync(lab.Slave, "select max(n) from far") == $"{rows}");
        var place = (await lab.ScalarAsync(lab.Slave, Place))!;
        Assert.Equal(Path.Combine(lab.Model.Paths.NodeDirectory("slave"), "tablespaces"), Path.GetDirectoryName(place));
        return place;
    }

    private static async Task ExecuteAsync(ClusterLab lab, string sql)
    {
        await using var database = lab.Connect(lab.Master);
        await database.ExecuteAsync(sql, [], lab.Token);
    }
}
