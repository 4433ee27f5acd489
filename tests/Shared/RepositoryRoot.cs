namespace Howdah.Tests;

/// <summary>Finds files of the source tree from a test.</summary>
internal static class RepositoryRoot
{
    public static string Path { get; } = Find();

    public static string PathOf(string relative) => System.IO.Path.Combine(Path, relative);

    /// <summary>From where the tests were built: the compiler's own idea of paths is rewritten in a reproducible build.</summary>
    private static string Find()
    {
        var directory = AppContext.BaseDirectory;
        while (directory is not null && !File.Exists(System.IO.Path.Combine(directory, "Howdah.slnx")))
            directory = System.IO.Path.GetDirectoryName(directory);
        return directory ?? throw new InvalidOperationException($"the source tree was not found above {AppContext.BaseDirectory}");
    }
}
