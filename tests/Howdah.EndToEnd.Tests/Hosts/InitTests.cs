using Howdah.Integration.Tests.Fixtures;

namespace Howdah.EndToEnd.Tests.Hosts;

/// <summary>A cluster of hosts from one command, without a cluster file that somebody wrote.</summary>
public sealed class InitTests
{
    private static readonly string[] Whole =
    [
        "init", "--cluster", "shop", "--node", "master=10.0.10.2", "--node", "slave=10.0.10.3", "--backup", "backup=10.0.10.4",
    ];

    [Fact]
    public async Task It_makes_the_cluster_file_of_what_it_is_told_and_nothing_of_what_makes_none()
    {
        await using var lab = await HostLab.CreateAsync();
        // The file of the lab is there.
        Assert.Contains("/etc/howdah/howdah.toml is there", await RefusedAsync(lab, Whole), StringComparison.Ordinal);
        await lab.ShellAsync("master", "rm /etc/howdah/howdah.toml");
        Assert.Contains(
            "--cluster, --node and --backup are needed, all three", await RefusedAsync(lab, "init", "--cluster", "shop"),
            StringComparison.Ordinal);
        Assert.Contains(
            "--backup 'backup' is not NAME=ADDRESS", await RefusedAsync(lab, [.. Whole[..^1], "backup"]), StringComparison.Ordinal);
        Assert.Contains("B=ckup", await RefusedAsync(lab, [.. Whole[..^1], "b=B=ckup"]), StringComparison.Ordinal);
        Assert.Equal("", await lab.ShellAsync("master", "find /etc/howdah /var/lib/howdah -mindepth 1"));

        var joins = await lab.HowdahAsync("master", Whole);

        Assert.Equal(2, joins.Split('\n').Count(line => line.StartsWith("howdah join 10.0.10.2 --token ", StringComparison.Ordinal)));
        var file = await lab.ShellAsync("master", "cat /etc/howdah/howdah.toml");
        Assert.Contains("[[nodes]]  # the first is the initial primary\nname = \"master\"\n", file, StringComparison.Ordinal);
        await lab.HowdahAsync("master", "config", "check");
        // What was made is what counts, on every host.
        Assert.Equal(file, await lab.ShellAsync("master", "cat /var/lib/howdah/shop/howdah.toml"));
        lab.StartAgent("master");
        await TestWait.UntilAsync(
            "the primary answers",
            async () => (await lab.TryHowdahAsync("master", "status")).Output.Contains("✓ master  primary", StringComparison.Ordinal));
    }

    private static async Task<string> RefusedAsync(HostLab lab, params string[] arguments)
    {
        var refused = await lab.TryHowdahAsync("master", arguments);
        Assert.True(refused.ExitCode is 2 or 16, refused.Everything);
        return refused.Error;
    }
}
