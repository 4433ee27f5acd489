using Howdah.Integration.Tests.Fixtures;

namespace Howdah.EndToEnd.Tests.Deploy;

/// <summary>The packages that deploy/debian/build makes of the native binary, built once for all tests of a class.</summary>
public sealed class DebianPackages : IAsyncDisposable
{
    /// <summary>What systemd brings and our units name; and what the second one runs.</summary>
    private static readonly string[] OfTheSystem =
    [
        "basic.target", "multi-user.target", "network.target", "network-online.target", "shutdown.target", "sysinit.target",
    ];

    private Task<string>? _built;

    /// <summary>A directory, for which the first test of the class waits.</summary>
    private Task<string> Built => _built ??= BuildAsync();

    /// <summary>The file of a package.</summary>
    public async Task<string> FileAsync(string package) => Directory.GetFiles(await Built, $"{package}_*.deb").Single();

    /// <summary>A directory with what a package puts in place on a host.</summary>
    public async Task<string> UnpackAsync(string package) => await UnpackAsync(package, "-x");

    /// <summary>A directory with a package's control file and its scripts.</summary>
    public async Task<string> UnpackControlAsync(string package) => await UnpackAsync(package, "-e");

    /// <summary>What the package puts in place, and what of a system around it <c>systemd-analyze</c> looks for.</summary>
    public async Task<string> UnpackIntoSystemAsync()
    {
        var root = await UnpackAsync("howdah");
        foreach (var unit in OfTheSystem)
            File.Copy($"/lib/systemd/system/{unit}", Path.Combine(root, "lib/systemd/system", unit), overwrite: true);
        Directory.CreateDirectory(Path.Combine(root, "bin"));
        File.Copy("/bin/true", Path.Combine(root, "bin/true"), overwrite: true);
        return root;
    }

    public async ValueTask DisposeAsync()
    {
        if (_built is { IsCompletedSuccessfully: true })
            Directory.Delete(await _built, recursive: true);
    }

    private async Task<string> UnpackAsync(string package, string how)
    {
        var directory = Path.Combine(await Built, package + how);
        if (!Directory.Exists(directory))
            await TestCommand.RunAsync(["dpkg-deb", how, await FileAsync(package), directory]);
        return directory;
    }

    private static async Task<string> BuildAsync()
    {
        var binary = HowdahBinary.Path;
        var directory = Directory.CreateTempSubdirectory("howdah-it-deb-").FullName;
        // Not packed as tightly as what is given away: that takes half a minute.
        await TestCommand.RunAsync(
            [RepositoryRoot.PathOf("deploy/debian/build"), directory],
            new Dictionary<string, string> { ["HOWDAH_BINARY"] = binary, ["DPKG_DEB_COMPRESSOR_TYPE"] = "gzip" });
        return directory;
    }
}
