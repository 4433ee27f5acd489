using Howdah.Integration.Tests.Fixtures;

namespace Howdah.EndToEnd.Tests;

/// <summary>Somebody promotes the standby while the primary lives, and howdah up watches. Only a person can tell which is right.</summary>
public sealed class TwoPrimariesTests
{
    private const int Refused = 16;

    [Theory]
    [InlineData("master", "slave")]
    [InlineData("slave", "master")]
    public async Task Rebuilding_one_of_two_primaries_makes_it_follow_the_other_and_keeps_what_only_it_held(string kept, string givenUp)
    {
        await using var lab = await Lab.UpAsync();
        await lab.SqlAsync("master", "create table t (host text)");
        await TestWait.UntilAsync(
            "the table is on the standby",
            async () => await lab.SqlAsync("slave", "select count(*) from pg_class where relname = 't'") == "1");
        await lab.SqlAsync("slave", "select pg_promote()");
        foreach (var node in new[] { "master", "slave" })
            await lab.SqlAsync(node, $"insert into t values ('{node}')");

        var status = await lab.TryHowdahAsync("status");
        Assert.NotEqual(0, status.ExitCode);
        Assert.Contains("master and slave both accept writes; decide which of them is right", status.Output);
        Assert.Contains("run: howdah standby rebuild NODE", status.Output);
        Assert.Equal(Refused, (await lab.TryHowdahAsync("standby", "remove", givenUp)).ExitCode);

        await lab.HowdahAsync("standby", "rebuild", givenUp);
        Assert.Equal("t", await lab.SqlAsync(givenUp, "select pg_is_in_recovery()"));
        Assert.Equal(kept, await lab.SqlAsync(givenUp, "select string_agg(host, ',') from t"));
        Assert.True(File.Exists(Path.Combine(lab.DataOf(givenUp) + ".removed", "PG_VERSION")));
        await TestWait.UntilAsync("the cluster is protected", async () => (await lab.TryHowdahAsync("status")).ExitCode == 0);
    }
}
