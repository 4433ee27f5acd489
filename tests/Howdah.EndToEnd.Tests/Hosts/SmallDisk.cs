using Howdah.Integration.Tests.Fixtures;

namespace Howdah.EndToEnd.Tests.Hosts;

/// <summary>A directory with a filesystem of its own, which can be filled to its last byte.</summary>
internal sealed class SmallDisk : IAsyncDisposable
{
    private readonly string _directory;

    private SmallDisk(string directory) => _directory = directory;

    private string Filler => Path.Combine(_directory, "filler");

    public static async Task<SmallDisk> MountAsync(string directory, int mebibytes)
    {
        await TestCommand.RunAsync(["mount", "-t", "tmpfs", "-o", $"size={mebibytes}m", "tmpfs", directory]);
        await TestDirectory.GiveToServerUserAsync(directory);
        return new SmallDisk(directory);
    }

    public void Fill()
    {
        using var file = File.OpenWrite(Filler);
        var block = new byte[64 << 10];
        try
        {
            while (true)
                file.Write(block);
        }
        catch (IOException)
        {
            // Full.
        }
    }

    public void MakeRoom() => File.Delete(Filler);

    /// <summary>What uses it may still be ending: it goes once that has.</summary>
    public async ValueTask DisposeAsync() => await TestCommand.RunAsync(["umount", "--lazy", _directory]);
}
