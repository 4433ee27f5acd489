using System.Globalization;
using Howdah.Core.Errors;
using Howdah.Core.Units;
using Howdah.Core.Wal;
using Howdah.Postgres.Replication;

namespace Howdah.Operations.Backup;

/// <summary>What is asked of the server.</summary>
public sealed record BaseBackupRunnerOptions
{
    /// <summary>One line, at most 1024 bytes; kept in backup_label.</summary>
    public string Label { get; init; } = "howdah";

    public bool FastCheckpoint { get; init; } = true;

    /// <summary>Bytes per second; null is unlimited.</summary>
    public ByteSize? RateLimit { get; init; }

    /// <summary>
    /// A server that says nothing for so long while files are on their way hangs, and the backup fails. Even a slow disk gives a block
    /// sooner.
    /// </summary>
    public TimeSpan LongestSilence { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Refuses any other system; null accepts all.</summary>
    public SystemIdentifier? ExpectedSystem { get; init; }

    /// <summary>
    /// True completes a backup with pages that fail their checksum and reports them: a damaged copy may be all that can be had. False
    /// fails, and nothing is kept.
    /// </summary>
    public bool KeepsDamagedPages { get; init; } = true;
}

/// <summary>
/// Takes one base backup from a connection into a sink: unpacks, checks pages, compares with the server's manifest.
/// Ends only after the server's own last word (design law 4).
/// </summary>
public sealed class BaseBackupRunner(ReplicationConnection connection, TimeProvider time)
{
    // The server is silent until its checkpoint is through: all of shared_buffers to a slow disk.
    private static readonly TimeSpan LongestFastCheckpoint = TimeSpan.FromHours(1);

    // checkpoint_timeout is a day at the most (PostgreSQL 11-18, guc tables), and one may be underway already.
    private static readonly TimeSpan LongestSpreadCheckpoint = TimeSpan.FromDays(2);

    /// <exception cref="OperationException">The backup did not complete; the sink, disposed now, leaves nothing behind.</exception>
    public async Task<BaseBackupResult> RunAsync(
        IBackupSink sink, BaseBackupRunnerOptions options, IBackupObserver observer, CancellationToken cancellationToken)
    {
        var meter = new ProgressMeter(observer, time);
        meter.Enter(BackupPhase.Checkpoint);
        var startedAt = time.GetUtcNow();
        var server = await DescribeServerAsync(options, cancellationToken);
        connection.ReadTimeout = options.FastCheckpoint ? LongestFastCheckpoint : LongestSpreadCheckpoint;
        await using var stream = await connection.StartBaseBackupAsync(CreateOptions(options), cancellationToken);
        connection.ReadTimeout = options.LongestSilence;
        var tablespaces = stream.Tablespaces.Where(static tablespace => tablespace.Oid is not null).ToList();
        await sink.BeginAsync(new BackupSinkStart(tablespaces, server.GroupAccess), cancellationToken);

        var sizes = stream.Tablespaces.Select(static tablespace => tablespace.EstimatedBytes).ToList();
        meter.Expect(sizes.Contains(null) ? null : sizes.Sum());
        meter.Enter(BackupPhase.Receiving);
        var pages = new PageCheckPlan(server.HasPageChecksums, stream.StartLsn);
        var clock = new ServerClock(time);
        await using var receiver = new BackupReceiver(sink, meter, pages, writesManifest: !server.HasManifest) { Clock = clock };
        var end = await receiver.ReceiveAsync(stream, cancellationToken);

        meter.Enter(BackupPhase.Finishing);
        var range = new LsnRange(stream.StartLsn, end.EndLsn);
        var ranges = receiver.Complete(range, end.Timeline, cancellationToken);
        if (!options.KeepsDamagedPages)
            RequireSoundPages(receiver, end);
        await sink.CompleteAsync(cancellationToken);
        meter.Enter(BackupPhase.Done);
        return new BaseBackupResult
        {
            System = server.System,
            ServerVersion = connection.ServerVersion,
            SegmentSize = server.SegmentSize,
            Range = range,
            StartTimeline = stream.StartTimeline,
            StopTimeline = end.Timeline,
            WalRanges = ranges,
            StartedAt = clock.ToServer(startedAt),
            StoppedAt = clock.ToServer(time.GetUtcNow()),
            Tablespaces = [.. tablespaces.Select(receiver.Describe)],
            Files = receiver.Files,
            Bytes = receiver.Bytes,
            HasPageChecksums = server.HasPageChecksums,
            PagesChecked = receiver.PagesChecked,
            ChecksumFailures = receiver.ChecksumFailures,
            ChecksumFailureCount = CountFailures(receiver, end),
            Warnings = end.ChecksumError is { } error ? [.. end.Warnings, error] : end.Warnings,
        };
    }

    // Where only the server saw damage, its verdict counts: at least one page is bad.
    private static long CountFailures(BackupReceiver receiver, BaseBackupEnd end) =>
        end.ChecksumError is null ? receiver.ChecksumFailureCount : Math.Max(1, receiver.ChecksumFailureCount);

    private void RequireSoundPages(BackupReceiver receiver, BaseBackupEnd end)
    {
        if (CountFailures(receiver, end) is not (var count and > 0))
            return;
        var first = receiver.ChecksumFailures.Count > 0
            ? $"the first is {receiver.ChecksumFailures[0].Path} block {receiver.ChecksumFailures[0].Block}"
            : end.ChecksumError;
        throw new OperationException(
            ErrorCodes.PageChecksumFailed,
            $"{count} pages of {connection.Server} fail their checksum, {first}",
            "a copy would carry the damage on; repair the server or restore it from a clean snapshot");
    }

    private static BaseBackupOptions CreateOptions(BaseBackupRunnerOptions options) => new()
    {
        Label = options.Label,
        FastCheckpoint = options.FastCheckpoint,
        MaxRate = options.RateLimit,
        Progress = true,
        TablespaceMap = true,
        VerifyChecksums = true,
        ManifestChecksums = ManifestChecksum.Crc32C,
    };

    private async Task<ServerDescription> DescribeServerAsync(BaseBackupRunnerOptions options, CancellationToken cancellationToken)
    {
        var identity = await connection.IdentifySystemAsync(cancellationToken);
        if (options.ExpectedSystem is { } expected && expected != identity.SystemIdentifier)
        {
            throw new OperationException(
                ErrorCodes.ForeignSystem,
                $"{connection.Server} is system {identity.SystemIdentifier}, expected {expected}",
                "this is another cluster's server, or one that was initialised anew");
        }

        var mode = await connection.ShowAsync("data_directory_mode", cancellationToken);
        return new ServerDescription(
            identity.SystemIdentifier,
            await connection.ReadSegmentSizeAsync(cancellationToken),
            await connection.ShowAsync("data_checksums", cancellationToken) == "on",
            GroupAccess: int.TryParse(mode, CultureInfo.InvariantCulture, out var digits) && digits % 100 / 10 != 0,
            connection.ServerVersion.Facts.HasBackupManifest);
    }

    private sealed record ServerDescription(
        SystemIdentifier System, WalSegmentSize SegmentSize, bool HasPageChecksums, bool GroupAccess, bool HasManifest);
}
