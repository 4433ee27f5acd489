using System.Globalization;
using System.Runtime.InteropServices;
using Howdah.Core.Errors;

namespace Howdah.Postgres.Server;

internal enum PostmasterSignal
{
    /// <summary>SIGHUP: read the configuration again.</summary>
    Reload = 1,

    /// <summary>SIGINT: fast shutdown.</summary>
    Fast = 2,

    /// <summary>SIGQUIT: immediate shutdown, recovery at the next start.</summary>
    Immediate = 3,

    /// <summary>SIGUSR1: look for the <c>promote</c> file.</summary>
    Promote = 10,

    /// <summary>SIGTERM: smart shutdown.</summary>
    Smart = 15,
}

/// <summary>The process of a postmaster. A process id alone proves nothing: ids are reused, and files are left behind.</summary>
internal static partial class PostmasterProcess
{
    /// <summary>
    /// True where the process lives and is the postmaster of <paramref name="dataDirectory"/>: its program is <c>postgres</c>
    /// and it works in that directory, which every postmaster enters at its start.
    /// </summary>
    public static bool IsPostmasterOf(int processId, string dataDirectory)
    {
        if (!IsAlive(processId))
            return false;
        try
        {
            var working = new DirectoryInfo($"/proc/{processId}/cwd").ResolveLinkTarget(returnFinalTarget: false)?.FullName;
            var program = new FileInfo($"/proc/{processId}/exe").ResolveLinkTarget(returnFinalTarget: false)?.Name;
            return string.Equals(working, RealPath(dataDirectory), StringComparison.Ordinal)
                && program is not null && program.StartsWith("postgres", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            // It ended while we looked.
            return false;
        }
        catch (UnauthorizedAccessException)
        {
            // A process of another user; a postmaster runs as the owner of its data directory, which we are.
            return false;
        }
    }

    /// <summary>
    /// True while the process exists and is no zombie (where nobody reaps orphans, as in many containers, dead ones stay listed).
    /// </summary>
    public static bool IsAlive(int processId)
    {
        try
        {
            // The second field is the program's name in parentheses, which may itself hold anything; the state follows the last one.
            var stat = File.ReadAllText($"/proc/{processId}/stat");
            var close = stat.LastIndexOf(')');
            return close > 0 && close + 2 < stat.Length && stat[close + 2] is not ('Z' or 'X');
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <exception cref="OperationException">The process is not ours to signal.</exception>
    public static void Send(int processId, PostmasterSignal signal)
    {
        const int NoSuchProcess = 3;
        if (Kill(processId, (int)signal) == 0 || Marshal.GetLastPInvokeError() == NoSuchProcess)
            return;
        throw new OperationException(
            ErrorCodes.ServerStopFailed,
            string.Create(CultureInfo.InvariantCulture, $"cannot signal process {processId}: {Marshal.GetLastPInvokeErrorMessage()}"),
            "run as the user that owns the server");
    }

    /// <summary>The directory with symbolic links resolved, as the kernel names a working directory.</summary>
    private static string RealPath(string directory)
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));
        var resolved = "/";
        foreach (var part in full.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            var next = new DirectoryInfo(Path.Combine(resolved, part));
            resolved = next.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? next.FullName;
        }

        return Path.TrimEndingDirectorySeparator(resolved);
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Kill(int processId, int signal);
}

/// <summary>Signals to processes of our own.</summary>
public static class ProcessSignal
{
    /// <summary>Asks a process to end (SIGTERM). Nothing where it is gone.</summary>
    public static void Terminate(int processId) => PostmasterProcess.Send(processId, PostmasterSignal.Smart);

    /// <summary>True while the process exists and is no zombie.</summary>
    public static bool IsAlive(int processId) => PostmasterProcess.IsAlive(processId);
}
