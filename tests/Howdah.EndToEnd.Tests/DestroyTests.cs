using Howdah.Integration.Tests.Fixtures;

namespace Howdah.EndToEnd.Tests;

/// <summary><c>howdah destroy</c> removes nothing that a person has not named.</summary>
public sealed class DestroyTests
{
    private const int Refused = 16;

    [Fact]
    public async Task It_asks_for_the_name_refuses_where_nobody_can_be_asked_and_removes_what_was_named()
    {
        await using var lab = await Lab.UpAsync(new LabOptions { HasStandby = false });
        var postmaster = lab.Postmaster("master");

        var unasked = await lab.TryHowdahAsync("destroy");
        Assert.Equal((Refused, ""), (unasked.ExitCode, unasked.Output));
        Assert.Contains(Question(lab), unasked.Error);
        Assert.Contains(
            "howdah: error [605] refused: this needs a yes, and nobody can be asked here: standard input is no terminal\nhint: say --yes\n",
            unasked.Error);

        foreach (var name in new[] { "y", "yes", "master", "MASTER.LOCAL", "" })
        {
            var wrong = await AnswerAsync(lab, name);
            Assert.Equal(Refused, wrong.ExitCode);
            Assert.Contains("that is not its name; nothing was removed", wrong.Screen);
        }

        Assert.Equal(postmaster, lab.Postmaster("master"));
        Assert.Equal(0, (await lab.TryHowdahAsync("psql", "-XAtc", "select 1")).ExitCode);

        var right = await AnswerAsync(lab, Lab.Name);
        Assert.Equal(0, right.ExitCode);
        Assert.Contains($"{Question(lab)}\nType its name to go on: ", TerminalSession.Plain(right.Screen));
        Assert.Contains($"{Lab.Name} is gone\n", TerminalSession.Plain(right.Screen));
        Assert.Equal(right.Before, right.After);
        Assert.False(Directory.Exists(Path.Combine(lab.Home, "nodes")));
        Assert.False(Directory.Exists(Path.Combine(lab.Home, "repository")));
        Assert.Empty(lab.Services());
        Assert.True(File.Exists(lab.ClusterFile));
    }

    private static string Question(Lab lab) =>
        $"This removes {Lab.Name}: its data, WAL and backups in {lab.Home}, and outside of it:\n  nothing";

    private static async Task<TerminalEnd> AnswerAsync(Lab lab, string answer)
    {
        await using var destroy = TerminalSession.Start(lab, "destroy");
        await TestWait.UntilAsync("it asks", () => destroy.Screen.Contains("Type its name to go on: ", StringComparison.Ordinal));
        await destroy.TypeAsync(answer + "\n");
        return await destroy.EndAsync();
    }
}
