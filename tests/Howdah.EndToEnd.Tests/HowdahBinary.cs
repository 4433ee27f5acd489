using Howdah.Integration.Tests.Fixtures;

namespace Howdah.EndToEnd.Tests;

/// <summary>The published native binary, at the path in HOWDAH_BINARY; <c>./test e2e</c> sets it.</summary>
public static class HowdahBinary
{
    private static readonly Lazy<string> Copy = new(CopyToReadablePlace);

    /// <summary>A copy where the server user can run it too: a clone may lie in a home directory that it cannot enter.</summary>
    public static string Path
    {
        get
        {
            if (Given is null) TestEnvironment.SkipUnlessCi("HOWDAH_BINARY does not name the native binary; run ./test e2e");
            return Copy.Value;
        }
    }

    /// <summary>The same binary under the name of Barman.</summary>
    public static string Barman => System.IO.Path.Combine(System.IO.Path.GetDirectoryName(Path)!, "barman");

    private static string? Given => Environment.GetEnvironmentVariable("HOWDAH_BINARY") is { Length: > 0 } path ? path : null;

    public static Task<CommandResult> RunAsync(params string[] arguments) => TestCommand.TryRunAsync([Path, .. arguments]);

    private static string CopyToReadablePlace()
    {
        var directory = Directory.CreateTempSubdirectory("howdah-it-bin-");
        File.SetUnixFileMode(
            directory.FullName,
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute
            | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => directory.Delete(recursive: true);
        var binary = System.IO.Path.Combine(directory.FullName, "howdah");
        File.Copy(Given!, binary);
        File.CreateSymbolicLink(System.IO.Path.Combine(directory.FullName, "barman"), "howdah");
        return binary;
    }
}
