using Howdah.Core.Errors;
using Howdah.Postgres.Server;
using Howdah.Postgres.Versions;
using Howdah.Storage;

namespace Howdah.Operations.Drill;

/// <summary>The place of one drill. Its lock says that the drill lives; what a dead one left is stopped and removed by the next.</summary>
internal sealed class DrillScratch : IDisposable
{
    private const string LockSuffix = ".lock";

    // The socket's name .s.PGSQL.5432 and a slash come after it; sockaddr_un holds 107 bytes.
    private const int LongestSocketDirectory = 92;

    private static readonly TimeSpan StopDeadline = TimeSpan.FromSeconds(60);

    private readonly FileLock _lock;

    private DrillScratch(string directory, FileLock held)
    {
        Directory = directory;
        _lock = held;
    }

    public string Directory { get; }

    public string DataDirectory => Path.Combine(Directory, "data");

    public string LogFile => Path.Combine(Directory, "postgresql.log");

    /// <summary>Also where pg_hba.conf and pg_ident.conf of the drill are.</summary>
    public string SocketDirectory => Directory;

    public string TablespaceDirectory(uint oid) => Path.Combine(Directory, "tablespaces", $"{oid}");

    public static async Task<DrillScratch> CreateAsync(string parent, string id, TimeProvider time, CancellationToken ct)
    {
        var full = Path.GetFullPath(parent);
        StorageFailure.Run($"making {full}", () => DirectorySync.Create(full));
        await CleanAsync(full, time, ct);
        var directory = Path.Combine(full, id);
        if (directory.Length > LongestSocketDirectory)
            throw new OperationException(ErrorCodes.UsageInvalid, $"the scratch directory {directory} is too long for a Unix socket",
                "name a shorter one");
        var held = FileLock.Acquire(directory + LockSuffix, $"a drill in {directory}");
        StorageFailure.Run($"making {directory}", () => DirectorySync.Create(directory));
        return new DrillScratch(directory, held);
    }

    /// <summary>Removes the copy; the server has been stopped.</summary>
    public void Remove() => StorageFailure.Run($"removing {Directory}", () =>
    {
        if (Presence.OfDirectory(Directory))
            System.IO.Directory.Delete(Directory, recursive: true);
        File.Delete(_lock.Path);
    });

    public void Dispose() => _lock.Dispose();

    /// <summary>Stops by process id and removes what drills left that were killed.</summary>
    private static async Task CleanAsync(string parent, TimeProvider time, CancellationToken ct)
    {
        foreach (var path in System.IO.Directory.GetFiles(parent, "*" + LockSuffix))
        {
            using var held = FileLock.TryAcquire(path);
            if (held is null)
                continue;
            var directory = path[..^LockSuffix.Length];

            // Stopping needs no programs of any version: a signal to the process that postmaster.pid names and that works there.
            var installation = new PostgresInstallation(directory, PostgresVersion.OfMajor(PostgresVersion.NewestMajor));
            var server = new PostgresServer(installation, Path.Combine(directory, "data"), Path.Combine(directory, "postgresql.log"), time);
            await server.StopAsync(ShutdownMode.Immediate, StopDeadline, ct);
            StorageFailure.Run($"removing {directory}", () =>
            {
                if (Presence.OfDirectory(directory))
                    System.IO.Directory.Delete(directory, recursive: true);
                File.Delete(path);
            });
        }
    }
}
