namespace Howdah.Tests;

/// <summary>Finds files of the source tree from a test, and keeps golden files.</summary>
internal static class RepositoryRoot
{
    public static string Path { get; } = Find();

    public static string PathOf(string relative) => System.IO.Path.Combine(Path, relative);

    /// <summary>Compares with a file of the tree; with <c>UPDATE_GOLDEN=1</c> writes it instead.</summary>
    public static void AssertGolden(string relative, string actual)
    {
        var path = PathOf(relative);
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1")
        {
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
            File.WriteAllText(path, actual);
        }

        Assert.True(File.Exists(path), $"{relative} does not exist: run the tests with UPDATE_GOLDEN=1 and look at what changed");
        Assert.Equal(File.ReadAllText(path), actual);
    }

    /// <summary>From where the tests were built: the compiler's own idea of paths is rewritten in a reproducible build.</summary>
    private static string Find()
    {
        var directory = AppContext.BaseDirectory;
        while (directory is not null && !File.Exists(System.IO.Path.Combine(directory, "Howdah.slnx")))
            directory = System.IO.Path.GetDirectoryName(directory);
        return directory ?? throw new InvalidOperationException($"the source tree was not found above {AppContext.BaseDirectory}");
    }
}
