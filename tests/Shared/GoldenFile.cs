namespace Howdah.Tests;

/// <summary>Files of the tree that hold what the program must print.</summary>
internal static class GoldenFile
{
    /// <summary>Compares with a file of the tree; with <c>UPDATE_GOLDEN=1</c> writes it instead.</summary>
    public static void AssertEqual(string relative, string actual)
    {
        var path = RepositoryRoot.PathOf(relative);
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1")
        {
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
            File.WriteAllText(path, actual);
        }

        Assert.True(File.Exists(path), $"{relative} does not exist: run the tests with UPDATE_GOLDEN=1 and look at what changed");
        Assert.Equal(File.ReadAllText(path), actual);
    }
}
