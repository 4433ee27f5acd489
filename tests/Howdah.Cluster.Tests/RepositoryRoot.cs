using System.Runtime.CompilerServices;

namespace Howdah.Cluster.Tests;

/// <summary>Finds files of the source tree from a test, and keeps golden files.</summary>
internal static class RepositoryRoot
{
    public static string PathOf(string relative) => Path.Combine(Find(), relative);

    /// <summary>Compares with a file of the tree; with <c>UPDATE_GOLDEN=1</c> writes it instead.</summary>
    public static void AssertGolden(string relative, string actual)
    {
        var path = PathOf(relative);
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, actual);
        }

        Assert.True(File.Exists(path), $"{relative} does not exist: run the tests with UPDATE_GOLDEN=1 and look at what changed");
        Assert.Equal(File.ReadAllText(path), actual);
    }

    private static string Find([CallerFilePath] string thisFile = "")
    {
        var directory = Path.GetDirectoryName(thisFile);
        while (directory is not null && !File.Exists(Path.Combine(directory, "Howdah.slnx")))
            directory = Path.GetDirectoryName(directory);
        return directory ?? throw new InvalidOperationException("the source tree was not found");
    }
}
