using Howdah.Integration.Tests.Fixtures;

namespace Howdah.Integration.Tests.Restore;

/// <summary>The executable that this build made: what restored servers call for their WAL.</summary>
internal static class BuiltProgram
{
    public static string Path { get; } = Find();

    private static string Find()
    {
        if (Environment.GetEnvironmentVariable("HOWDAH_BINARY") is { Length: > 0 } given)
            return given;
        var configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;
        var path = RepositoryRoot.PathOf($"src/Howdah/bin/{configuration}/net10.0/linux-x64/howdah");
        if (!File.Exists(path))
            TestEnvironment.SkipUnlessCi($"{path} is not built");
        return path;
    }
}
