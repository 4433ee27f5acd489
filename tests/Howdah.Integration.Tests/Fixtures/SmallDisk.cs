namespace Howdah.Integration.Tests.Fixtures;

/// <summary>A small filesystem that really gets full (tmpfs; needs root).</summary>
public sealed class SmallDisk : IAsyncDisposable
{
    private SmallDisk(string path) => Path = path;

    public string Path { get; }

    public static async Task<SmallDisk> MountAsync(int megabytes)
    {
        TestEnvironment.RequireRoot("mounting a small disk");
        var path = Directory.CreateTempSubdirectory("howdah-it-disk-").FullName;
        await TestCommand.RunAsync(["mount", "-t", "tmpfs", "-o", $"size={megabytes}m,mode=0700", "tmpfs", path]);
        await TestDirectory.GiveToServerUserAsync(path);
        return new SmallDisk(path);
    }

    /// <summary>Fills what is left; delete the returned file to make room again.</summary>
    public async Task<string> FillAsync(string name = "filler")
    {
        var filler = System.IO.Path.Combine(Path, name);
        await TestCommand.TryRunAsync(["dd", "if=/dev/zero", $"of={filler}", "bs=64k"]);
        return filler;
    }

    public async Task GrowAsync(int megabytes) =>
        await TestCommand.RunAsync(["mount", "-o", $"remount,size={megabytes}m", Path]);

    public async ValueTask DisposeAsync()
    {
        await TestCommand.RunAsync(["umount", "--lazy", Path]);
        Directory.Delete(Path);
    }
}
