using System.Collections;
using System.Runtime.InteropServices;
using Howdah.Core.Errors;

namespace Howdah.Cli.Native;

/// <summary>Becomes another program: same process, same terminal, its exit code and its signals are its own.</summary>
internal static partial class ProcessReplacement
{
    /// <summary>Does not return.</summary>
    /// <param name="program">Absolute path.</param>
    /// <param name="arguments">Without the program's own name.</param>
    /// <param name="changes">What the environment differs in from ours.</param>
    /// <exception cref="OperationException">The program cannot be started.</exception>
    public static Exception Become(string program, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> changes)
    {
        var environment = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (DictionaryEntry entry in Environment.GetEnvironmentVariables())
            environment[(string)entry.Key] = (string?)entry.Value ?? "";
        foreach (var (name, value) in changes)
            environment[name] = value;
        string?[] argv = [program, .. arguments, null];
        string?[] envp = [.. environment.Select(variable => $"{variable.Key}={variable.Value}"), null];
        Execute(program, argv, envp);
        return new OperationException(
            ErrorCodes.InstallationNotFound,
            $"{program} cannot be started: {Marshal.GetLastPInvokeErrorMessage()}"
        );
    }

    [LibraryImport("libc", EntryPoint = "execve", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Execute(string program, string?[] arguments, string?[] environment);
}
