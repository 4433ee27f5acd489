using System.Globalization;
using System.Runtime.InteropServices;

namespace Howdah.Integration.Tests.Fixtures;

/// <summary>What /proc tells about a process; empty where it is gone or another user's.</summary>
public sealed record ProcessFacts(int Id, string Program, string CommandLine, string Directory, string Environment);

/// <summary>Signals to a process and its children, by process id only.</summary>
public static partial class ProcessTree
{
    public const int SigInt = 2;
    public const int SigKill = 9;
    public const int SigTerm = 15;
    public const int SigCont = 18;
    public const int SigStop = 19;

    private const int PrSetChildSubreaper = 36;
    private const int WNoHang = 1;

    private static readonly TimeSpan ReapInterval = TimeSpan.FromMilliseconds(100);
    private static int _adopting;
    private static Timer? _reaper;

    /// <summary>Makes this process the parent of the servers it started through other programs.</summary>
    /// <remarks>
    /// A postmaster outlives the pg_ctl that started it. Dead and not reaped, it would keep its process id, and PostgreSQL would refuse
    /// to start on what it thinks is a living server's directory. Not every container's init reaps.
    /// </remarks>
    public static void AdoptOrphans()
    {
        if (Interlocked.Exchange(ref _adopting, 1) == 1) return;
        _ = Prctl(PrSetChildSubreaper, 1, 0, 0, 0);
        // Held by the field for as long as the process lives.
        _reaper = new Timer(_ => ReapOrphans(), state: null, ReapInterval, ReapInterval);
    }

    /// <summary>The process and its children; PostgreSQL's server processes are all children of the postmaster.</summary>
    public static IReadOnlyList<int> WithChildren(int pid) => [pid, .. AllIds().Where(id => ParentOf(id) == pid)];

    // Only what certainly came to us as an orphan: a daemon, by its name and its own session. The runtime reaps what it started itself,
    // late on a busy machine, and ends this program where somebody else has done it.
    private static void ReapOrphans()
    {
        var us = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        var ourSession = StatOf(Environment.ProcessId)![3];
        foreach (var process in AllIds())
        {
            if (StatOf(process) is ["Z", var parent, _, var session, ..] && parent == us && session != ourSession
                && TextOf(process, "comm").TrimEnd() is "postgres" or "howdah")
                _ = WaitPid(process, 0, WNoHang);
        }
    }

    private static IEnumerable<int> AllIds() => Directory.EnumerateDirectories("/proc")
        .Select(directory => int.TryParse(Path.GetFileName(directory), CultureInfo.InvariantCulture, out var id) ? id : 0)
        .Where(id => id > 0);

    private static string LinkOf(int pid, string name)
    {
        try
        {
            return new FileInfo($"/proc/{pid}/{name}").LinkTarget ?? "";
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private static string TextOf(int pid, string name)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/{name}").Replace('\0', ' ');
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    /// <summary>The living processes that a condition holds for, but for this one.</summary>
    public static IReadOnlyList<int> Where(Func<ProcessFacts, bool> condition) =>
    [
        .. AllIds().Where(
            id => id != Environment.ProcessId && StatOf(id) is { } stat && stat[0] != "Z").Where(id => condition(new ProcessFacts(
            id, LinkOf(id, "exe"), CommandLineOf(id), LinkOf(id, "cwd"), TextOf(id, "environ")))),
    ];

    public static string CommandLineOf(int pid) => TextOf(pid, "cmdline");

    /// <summary>Whether a process lives that this program did not start itself; reaps one that is dead.</summary>
    public static bool Exists(int pid)
    {
        if (StatOf(pid) is not { } stat) return false;
        if (stat[0] != "Z") return true;
        return stat[1] == Environment.ProcessId.ToString(CultureInfo.InvariantCulture) && WaitPid(pid, 0, WNoHang) != pid;
    }

    /// <summary>Sends a signal; a process that is already gone is no error.</summary>
    public static void Signal(int pid, int signal)
    {
        if (pid <= 1) throw new ArgumentOutOfRangeException(nameof(pid), pid, "would reach more than one process");
        _ = Kill(pid, signal);
    }

    private static int ParentOf(int pid) => StatOf(pid) is { } stat ? int.Parse(stat[1], CultureInfo.InvariantCulture) : 0;

    // proc(5): "pid (comm) state ppid …"; comm may hold spaces and brackets, so read from the last bracket on.
    private static string[]? StatOf(int pid)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            return stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    private static partial int Prctl(int option, nuint second, nuint third, nuint fourth, nuint fifth);

    [LibraryImport("libc", EntryPoint = "waitpid", SetLastError = true)]
    private static partial int WaitPid(int pid, nint status, int options);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int pid, int signal);
}
