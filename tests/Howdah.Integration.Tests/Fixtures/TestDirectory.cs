namespace Howdah.Integration.Tests.Fixtures;

/// <summary>A directory <c>/tmp/howdah-it-*</c> that the server user owns and that is removed with everything in it.</summary>
public sealed class TestDirectory : IAsyncDisposable
{
    private TestDirectory(string path) => Path = path;

    public string Path { get; }

    public static async Task<TestDirectory> CreateAsync(string purpose = "dir")
    {
        // Directly under /tmp: the path of a Unix socket may not be longer than 107 bytes.
        var path = Directory.CreateTempSubdirectory($"howdah-it-{purpose}-").FullName;
        if (TestEnvironment.IsRoot) await GiveToServerUserAsync(path);
        return new TestDirectory(path);
    }

    /// <summary>Hands a tree that the test wrote to the user that runs the server.</summary>
    public static Task GiveToServerUserAsync(string path) => TestEnvironment.IsRoot
        ? TestCommand.RunAsync(["chown", "-R", $"{TestEnvironment.ServerUser}:", path])
        : Task.CompletedTask;

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public ValueTask DisposeAsync()
    {
        if (Directory.Exists(Path)) Directory.Delete(Path, recursive: true);
        return ValueTask.CompletedTask;
    }
}
