using System.Globalization;
using System.Runtime.InteropServices;
using Howdah.Integration.Tests.Fixtures;

[assembly: AssemblyFixture(typeof(OrphanedSharedMemory))]

namespace Howdah.Integration.Tests.Fixtures;

/// <summary>
/// Removes what killed servers leave in the kernel. A postmaster owns one System V shared memory segment (sysv_shmem.c); after
/// <c>kill -9</c> only the next server on the same directory removes it, and a test removes the directory. A machine has room for 4096
/// of them (kernel.shmmni): after a few runs no server would start on it any more.
/// </summary>
public sealed partial class OrphanedSharedMemory : IDisposable
{
    private const int RemoveSegment = 0;

    // PGShmemHeader, which is all that a server keeps there since 9.3: other programs' segments are larger.
    private const int LargestHeader = 64;

    public OrphanedSharedMemory() => Remove();

    /// <summary>The ids of PostgreSQL's segments that no process is attached to and whose maker is gone.</summary>
    public static IReadOnlyList<int> Find() =>
    [
        .. File.ReadLines("/proc/sysvipc/shm").Skip(1)
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(fields => NumberOf(fields[3]) <= LargestHeader && NumberOf(fields[6]) == 0 && !Directory.Exists($"/proc/{fields[4]}"))
            .Select(fields => NumberOf(fields[1])),
    ];

    /// <summary>Removes them; one that is gone meanwhile or another user's stays as it is.</summary>
    public static void Remove()
    {
        foreach (var segment in Find())
            _ = SharedMemoryControl(segment, RemoveSegment, 0);
    }

    public void Dispose() => Remove();

    // proc(5), /proc/sysvipc/shm: key, shmid, perms, size, cpid, lpid, nattch, …
    private static int NumberOf(string field) => int.Parse(field, CultureInfo.InvariantCulture);

    [LibraryImport("libc", EntryPoint = "shmctl")]
    private static partial int SharedMemoryControl(int segment, int command, nint buffer);
}
