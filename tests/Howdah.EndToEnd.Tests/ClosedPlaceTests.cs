using Howdah.Integration.Tests.Fixtures;

namespace Howdah.EndToEnd.Tests;

/// <summary>
/// Root runs a binary that lies where the servers' user cannot go, as in a clone in root's home. Servers would have to run it, so it is
/// refused before anything is made.
/// </summary>
public sealed class ClosedPlaceTests
{
    private const int Configuration = 10;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    [Theory]
    [InlineData("up", "--detach")]
    [InlineData("up")]
    [InlineData("standby", "rebuild", "slave")]
    [InlineData("restore", "--to", "/tmp/howdah-it-never-made")]
    [InlineData("drill")]
    public async Task What_servers_would_have_to_run_is_refused_with_the_directory_that_is_closed(params string[] arguments)
    {
        Assert.SkipUnless(TestEnvironment.IsRoot, "only root's processes change their user");
        await using var lab = await Lab.CreateAsync();
        using var closed = new ClosedCopy();
        var result = await TestCommand.TryRunAsync([closed.Program, .. arguments], lab.Environment());
        Assert.Equal(Configuration, result.ExitCode);
        Assert.Contains($"[308] program-unreachable: servers and the service run {closed.Program} as the user postgres", result.Error);
        Assert.Contains($"who may not pass {closed.Directory}\n", result.Error);
        Assert.Contains("/usr/local/bin/howdah", result.Error);
        Assert.False(Directory.Exists(lab.Home));
    }

    [Fact]
    public async Task What_an_up_that_went_no_further_has_made_is_destroyed()
    {
        await using var lab = await Lab.CreateAsync();
        Directory.CreateDirectory(Path.Combine(lab.Home, "state"));
        await TestDirectory.GiveToServerUserAsync(lab.Home);
        await lab.HowdahAsync("destroy", "--yes");
        Assert.False(Directory.Exists(lab.Home));
    }

    /// <summary>A copy of the binary in a directory of mode 0700 that belongs to root.</summary>
    private sealed class ClosedCopy : IDisposable
    {
        public ClosedCopy()
        {
            System.IO.Directory.CreateDirectory(Path.Combine(Directory, "out"));
            File.SetUnixFileMode(Directory, OwnerOnly);
            File.Copy(HowdahBinary.Path, Program);
        }

        public string Directory { get; } = System.IO.Directory.CreateTempSubdirectory("howdah-it-closed-").FullName;

        public string Program => Path.Combine(Directory, "out", "howdah");

        public void Dispose() => System.IO.Directory.Delete(Directory, recursive: true);
    }
}
