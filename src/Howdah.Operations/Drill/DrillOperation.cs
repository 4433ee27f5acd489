using System.Globalization;
using Howdah.Core.Errors;
using Howdah.Core.Restore;
using Howdah.Operations.Restore;
using Howdah.Postgres.ConnectionStrings;
using Howdah.Postgres.DataDirectory;
using Howdah.Postgres.Server;
using Howdah.Postgres.Sql;
using Howdah.Postgres.Versions;
using Howdah.Repository;
using Howdah.Repository.Drills;
using Howdah.Repository.Snapshots;
using Howdah.Storage;

namespace Howdah.Operations.Drill;

/// <summary>
/// Restores the newest reachable moment into scratch, starts it where nobody but us can reach it, replays all WAL, asks the user's
/// query, stops it, checks every page, removes everything, and stores what it found.
/// </summary>
public sealed class DrillOperation(BackupRepository repository, DrillOptions options, TimeProvider time)
{
    private const int Port = 5432;
    private const int LongestAnswer = 1024;

    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan StopDeadline = TimeSpan.FromMinutes(10);

    /// <summary>Never throws for what the drill is there to find out: that is in the stored result.</summary>
    /// <exception cref="OperationException">The scratch place cannot be used, or the result cannot be stored.</exception>
    public async Task<DrillRecord> RunAsync(CancellationToken ct)
    {
        var started = time.GetUtcNow();
        var found = new Findings(new DrillRecord
        {
            Id = repository.Drills.NextId(started),
            StartedAt = started,
            Query = options.Query,
            QueryIsProof = options.QueryIsProof,
        });
        using var scratch = await DrillScratch.CreateAsync(options.Scratch, found.Record.Id, time, ct);
        try
        {
            await RunAsync(found, scratch, ct);
        }
        catch (Exception exception) when (exception is OperationException || StorageFailure.IsStorageError(exception))
        {
            found.Record = found.Record with { Failure = exception.Message };
        }
        finally
        {
            scratch.Remove();
        }

        repository.Drills.Add(found.Record);
        return found.Record;
    }

    private async Task RunAsync(Findings found, DrillScratch scratch, CancellationToken ct)
    {
        var watch = new PhaseWatch(time);
        var restore = await PrepareAsync(scratch, ct);
        var operation = new RestoreOperation(repository, restore, time);
        var plan = await operation.PlanAsync(ct);
        found.Record = found.Record with
        {
            Snapshot = plan.Snapshot.Id,
            System = plan.Snapshot.System,
            Timeline = plan.Path.Timeline,
            PlanSeconds = watch.Lap(),
        };
        if (plan.Damage is { } damage)
            throw new OperationException(ErrorCodes.DrillFailed, $"{damage}; the newest moment cannot be restored");
        var restored = await operation.RunAsync(plan, ct);
        found.Record = found.Record with { Bytes = restored.Bytes, CopySeconds = watch.Lap() };

        var snapshot = await repository.Snapshots.FindAsync(plan.Snapshot.Id, ct);
        var server = await FindServerAsync(scratch, snapshot, ct);
        try
        {
            await RecoverAsync(server, scratch, ct);
            found.Record = found.Record with { RecoverySeconds = watch.Lap() };
            await AskAsync(found, scratch, plan, ct);
            found.Record = found.Record with { QuerySeconds = watch.Lap() };
        }
        finally
        {
            await server.StopAsync(ShutdownMode.Fast, StopDeadline, CancellationToken.None);
        }

        await CheckPagesAsync(found, scratch, snapshot, ct);
        found.Record = found.Record with { CheckSeconds = watch.Lap() };
    }

    private async Task<RestoreOptions> PrepareAsync(DrillScratch scratch, CancellationToken ct)
    {
        WriteAccess(scratch);
        var places = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var tablespace in (await repository.Snapshots.ListAsync(ct)).SelectMany(static snapshot => snapshot.Record.Tablespaces))
            places[tablespace.Oid.ToString(CultureInfo.InvariantCulture)] = scratch.TablespaceDirectory(tablespace.Oid);
        return new RestoreOptions(scratch.DataDirectory, RestoreTarget.Latest)
        {
            FetchProgram = options.FetchProgram,
            Snapshot = options.Snapshot,
            System = options.System,
            Tablespaces = places,
            HasSparePlaces = true,
        };
    }

    /// <summary>Only our own operating system user gets in, only over the socket, and no password is needed (nor any trust line).</summary>
    private void WriteAccess(DrillScratch scratch)
    {
        AtomicFile.Write(HbaFile(scratch), "local all all peer map=drill\n");
        AtomicFile.Write(IdentFile(scratch), $"drill \"{Environment.UserName}\" \"{options.Superuser}\"\n");
    }

    private async Task<PostgresServer> FindServerAsync(DrillScratch scratch, Snapshot snapshot, CancellationToken ct)
    {
        var version = new PostgresVersion(snapshot.Record.ServerVersion);
        var installation = await PostgresInstallations.FindAsync(version.Major, options.BinDirectories, ct);
        return new PostgresServer(installation, scratch.DataDirectory, scratch.LogFile, time);
    }

    private async Task RecoverAsync(PostgresServer server, DrillScratch scratch, CancellationToken ct)
    {
        var began = time.GetTimestamp();
        await server.StartAsync(Isolation(scratch), options.RecoveryDeadline, ct);
        while (server.ReadStatus() is var status && status.State != ServerState.Primary)
        {
            if (!status.IsRunning || time.GetElapsedTime(began) > options.RecoveryDeadline)
            {
                var log = string.Join(" | ", ServerLog.ReadTail(scratch.LogFile, 0));
                var what = status.IsRunning ? $"was not through after {options.RecoveryDeadline}" : "stopped";
                throw new OperationException(ErrorCodes.DrillFailed, $"the restored copy {what} while replaying WAL; its log says: {log}");
            }

            await Task.Delay(PollInterval, time, ct);
        }
    }

    /// <summary>On the command line, which no file can overrule.</summary>
    private static List<string> Isolation(DrillScratch scratch)
    {
        (string Name, string Value)[] settings =
        [
            ("listen_addresses", ""),
            ("unix_socket_directories", scratch.SocketDirectory),
            ("port", Port.ToString(CultureInfo.InvariantCulture)),
            ("hba_file", HbaFile(scratch)),
            ("ident_file", IdentFile(scratch)),
            ("external_pid_file", ""),
            ("ssl", "off"),
            ("archive_mode", "off"),
            ("synchronous_standby_names", ""),
            ("max_logical_replication_workers", "0"),
            ("logging_collector", "off"),
            ("log_destination", "stderr"),

            // The copy is thrown away, and the backup host has other work: no large memory, no waiting for the disk.
            ("shared_buffers", "128MB"),
            ("huge_pages", "off"),
            ("fsync", "off"),
            ("autovacuum", "off"),
        ];
        return [.. settings.SelectMany(static setting => new[] { "-c", $"{setting.Name}={setting.Value}" })];
    }

    private async Task AskAsync(Findings found, DrillScratch scratch, RestorePlan plan, CancellationToken ct)
    {
        var settings = ConnectionSettings.ForServer(scratch.SocketDirectory, Port) with
        {
            User = options.Superuser,
            Database = options.Database
        };
        await using var database = SqlDatabase.Open(settings);
        var reached = await database.QueryRowAsync(
            "select pg_last_wal_replay_lsn() as lsn, pg_last_xact_replay_timestamp() as time", [], ct);
        var lsn = reached.Lsn("lsn");
        found.Record = found.Record with { ReachedLsn = lsn, ReachedTime = reached.Time("time") };
        if (lsn < plan.Snapshot.StopLsn)
            throw new OperationException(ErrorCodes.DrillFailed, $"replay ended at {lsn}, before the snapshot's own end");
        if (options.Query is { } query)
            await AskAsync(found, database, query, ct);
    }

    private async Task AskAsync(Findings found, SqlDatabase database, string query, CancellationToken ct)
    {
        try
        {
            var answer = await database.AskAsync(query, options.QueryDeadline, ct);
            found.Record = found.Record with { Answer = answer is { Length: > LongestAnswer } ? answer[..LongestAnswer] : answer };
        }
        catch (OperationException exception) when (SqlFailure.IsOfStatement(exception))
        {
            found.Record = found.Record with { QueryFailure = exception.Message };
        }
    }

    /// <summary>After a clean stop every page is on disk, so nothing is torn and nothing excused.</summary>
    private static async Task CheckPagesAsync(Findings found, DrillScratch scratch, Snapshot snapshot, CancellationToken ct)
    {
        var control = ControlFile.Parse(await File.ReadAllBytesAsync(Path.Combine(scratch.DataDirectory, ControlFile.RelativePath), ct));
        if (!control.HasDataChecksums)
            return;
        var pages = new DataPages();
        await pages.CheckAsync(scratch.DataDirectory, "", ct);
        foreach (var tablespace in snapshot.Record.Tablespaces)
            await pages.CheckAsync(scratch.TablespaceDirectory(tablespace.Oid), $"pg_tblspc/{tablespace.Oid}", ct);
        found.Record = found.Record with
        {
            PagesChecked = pages.PagesChecked,
            ChecksumFailureCount = pages.FailureCount,
            ChecksumFailures = pages.Failures,
        };
    }

    private static string HbaFile(DrillScratch scratch) => Path.Combine(scratch.Directory, "pg_hba.conf");

    private static string IdentFile(DrillScratch scratch) => Path.Combine(scratch.Directory, "pg_ident.conf");

    /// <summary>What is known so far, so that a drill that fails tells how far it came, and with what.</summary>
    private sealed class Findings(DrillRecord begun)
    {
        public DrillRecord Record { get; set; } = begun;
    }

    private sealed class PhaseWatch(TimeProvider time)
    {
        private long _began = time.GetTimestamp();

        /// <summary>Seconds since the last lap, to the millisecond.</summary>
        public double Lap()
        {
            var now = time.GetTimestamp();
            var seconds = time.GetElapsedTime(_began, now).TotalSeconds;
            _began = now;
            return Math.Round(seconds, 3);
        }
    }
}
