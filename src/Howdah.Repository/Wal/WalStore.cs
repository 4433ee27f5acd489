using System.Text;
using Howdah.Core.Errors;
using Howdah.Core.Wal;
using Howdah.Repository.Json;
using Howdah.Storage;

namespace Howdah.Repository.Wal;

/// <summary>The WAL of one system: segments, the unfinished one, histories and gaps, as files under their own names.</summary>
/// <remarks>
/// One process writes (<see cref="LockForWriting"/>), any number read. Nothing under a final name is ever rewritten (design law 5).
/// Instances are immutable; they may be shared between threads.
/// </remarks>
public sealed class WalStore
{
    // At least as many as a receiver finishes side by side (Howdah.Operations, SegmentFinisher).
    private const int MostOvertaking = 16;

    private readonly LineageRecord _lineage;
    private readonly RepositoryOptions _options;

    private WalStore(string directory, LineageRecord lineage, RepositoryOptions options)
    {
        Directory = directory;
        _lineage = lineage;
        _options = options;
    }

    /// <summary><c>&lt;repository&gt;/wal/&lt;system id&gt;</c>.</summary>
    public string Directory { get; }

    public SystemIdentifier System => _lineage.System;

    public WalSegmentSize SegmentSize => _lineage.SegmentSize;

    /// <summary>Our own id of this body of WAL, made with the directory.</summary>
    public string LineageId => _lineage.Lineage;

    public string SegmentPath(WalSegment segment) => Path.Combine(Directory, segment.Name);

    public string PartialPath(WalSegment segment) => Path.Combine(Directory, segment.Name + WalFileName.PartialSuffix);

    public string HistoryPath(TimelineId timeline) => Path.Combine(Directory, timeline.HistoryFileName);

    /// <summary>Keeps every other receiver out for as long as it is held.</summary>
    /// <exception cref="OperationException"><see cref="ErrorCodes.Locked"/> naming the holder.</exception>
    public FileLock LockForWriting() => StorageFailure.Run(
        $"locking {Directory}", () => FileLock.Acquire(LockPath, $"receiving WAL into {Directory}"));

    /// <summary>A receiver writes into this store, in this process or another.</summary>
    public bool HasReceiver()
    {
        using var free = StorageFailure.Run($"looking for a receiver of {Directory}", () => FileLock.TryAcquire(LockPath));
        return free is null;
    }

    /// <summary>Removes what a receiver that was killed had not given its name yet. For the holder of the lock.</summary>
    public void RemoveLeftovers() => StorageFailure.Run($"clearing {Directory}", () =>
    {
        foreach (var file in global::System.IO.Directory.EnumerateFiles(Directory, ".*" + AtomicFile.TemporarySuffix))
            File.Delete(file);
    });

    private string LockPath => Path.Combine(Directory, "receiver.lock");

    /// <summary>Gives a finished <c>.partial</c> its final name, durably. Done again, it does nothing.</summary>
    /// <exception cref="OperationException">
    /// <see cref="ErrorCodes.WalInvalid"/> where the partial does not have exactly the segment size, or where another file of the
    /// final name exists; both files are left as they are.
    /// </exception>
    public Task CompleteSegmentAsync(WalSegment segment, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        CompleteSegment(segment);
        return Task.CompletedTask;
    }

    /// <summary>As <see cref="CompleteSegmentAsync"/>, for a caller that has a thread of its own for the disk.</summary>
    public void CompleteSegment(WalSegment segment) =>
        StorageFailure.Run($"completing WAL segment {segment.Name} in {Directory}", () => Complete(segment));

    /// <summary>Stores a history file as the server sent it. Stored again with the same content, it does nothing.</summary>
    /// <exception cref="OperationException"><see cref="ErrorCodes.WalInvalid"/> where it is no history, or another one of that
    /// timeline is stored: a foreign branch.</exception>
    public Task StoreHistoryAsync(TimelineId timeline, ReadOnlyMemory<byte> content, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        ParseHistory(timeline, content.Span, "storing");
        var path = HistoryPath(timeline);
        var result = StorageFailure.Run($"storing {path}", () => AtomicFile.PutIfAbsent(path, content.Span));
        return result != PutResult.Different ? Task.CompletedTask : throw new OperationException(
            ErrorCodes.WalInvalid,
            $"storing the history of timeline {timeline}: {path} holds another history of that timeline",
            "two servers were promoted to the same timeline; keep the WAL of each in a repository of its own");
    }

    /// <summary>Records WAL that can no longer be had. Recorded again, it does nothing.</summary>
    /// <param name="timeline">The timeline of the missing bytes.</param>
    /// <param name="gap">The missing bytes; not empty.</param>
    /// <param name="reason">Why, in words for the operator.</param>
    /// <param name="ct">Ends the wait.</param>
    public Task RecordGapAsync(TimelineId timeline, LsnRange gap, string reason, CancellationToken ct)
    {
        Invariant.Check(!gap.IsEmpty);
        ct.ThrowIfCancellationRequested();
        var record = new GapRecord(GapRecord.CurrentFormat, timeline, gap.Start, gap.End, reason, _options.Time.GetUtcNow());
        var path = Path.Combine(Directory, record.FileName);
        StorageFailure.Run(
            $"recording the gap {gap} of timeline {timeline}",
            () => AtomicFile.PutIfAbsent(path, RepositoryJson.Write(record, RepositoryJson.Default.GapRecord)));
        return Task.CompletedTask;
    }

    /// <summary>Stores what the server has confirmed, in place of what it confirmed before. The WAL up to there is on disk
    /// already.</summary>
    public void StoreCompleteness(WalCompleteness complete)
    {
        var path = Path.Combine(Directory, CompletenessRecord.FileName);
        var record = new CompletenessRecord(CompletenessRecord.CurrentFormat, complete.Timeline, complete.Lsn, complete.Until);
        var content = RepositoryJson.Write(record, RepositoryJson.Default.CompletenessRecord);
        StorageFailure.Run($"storing {path}", () => AtomicFile.ReplaceUnsynced(path, content));
    }

    /// <summary>What is held now, from the names of the files and the inside of the unfinished segments.</summary>
    /// <remarks>100 000 segments: see docs/repository-format.md for the measured time.</remarks>
    public Task<WalLedger> ReadLedgerAsync(CancellationToken ct) => ReadLedgerAsync(checkSizes: false, ct);

    /// <summary>What is held now.</summary>
    /// <param name="checkSizes">Also look at the size of each segment; one of another size counts as missing.</param>
    /// <param name="ct">Ends the wait.</param>
    public Task<WalLedger> ReadLedgerAsync(bool checkSizes, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        return Task.FromResult(StorageFailure.Run($"reading the WAL in {Directory}", () => ReadLedger(checkSizes)));
    }

    /// <summary>What is held now, for a caller that has nothing to wait with: <c>howdah wal fetch</c>.</summary>
    public WalLedger ReadLedger() => StorageFailure.Run($"reading the WAL in {Directory}", () => ReadLedger(checkSizes: false));

    /// <summary>Where receiving must go on; null where nothing is held yet.</summary>
    /// <remarks>
    /// pg_receivewal's rule (receivewal.c, FindStreamingStart): the highest segment number, then the highest timeline, a complete
    /// segment before an unfinished one; after a complete one the next segment, an unfinished one again from its start. Beyond that:
    /// a recorded gap that ends later moves the point to its end, so that the same gap is not met again; and because segments are finished
    /// side by side here, an unfinished one that later ones have overtaken is where receiving goes on.
    /// </remarks>
    /// <param name="timeline">Of this timeline alone; null: of all.</param>
    public ResumePoint? FindResumePoint(TimelineId? timeline = null)
    {
        var listing = StorageFailure.Run(
            $"reading the WAL in {Directory}", () => WalListing.Read(Directory, SegmentSize, checkSizes: false));
        var complete = listing.Segments.Select(static segment => new ResumePoint(segment.Timeline, segment.End, null));
        var unfinished = listing.Partials.Select(static segment => new ResumePoint(segment.Timeline, segment.Start, segment));
        var gaps = listing.GapFiles.Select(ReadGap).ToList();
        var afterGaps = gaps.Select(gap => new ResumePoint(gap.Timeline, SegmentSize.SegmentStart(gap.End), null));
        var best = complete.Concat(unfinished).Concat(afterGaps)
            .Where(point => timeline is null || point.Timeline == timeline)
            .OrderBy(static point => point.Start)
            .ThenBy(static point => point.Timeline)
            .ThenBy(static point => point.Unfinished.HasValue)
            .Cast<ResumePoint?>()
            .LastOrDefault();
        return best is { } highest ? FindOvertaken(highest, listing, gaps) : null;
    }

    /// <summary>The lowest unfinished segment right below the point, without a recorded gap between; else the point.</summary>
    private ResumePoint FindOvertaken(ResumePoint highest, WalListing listing, List<GapRecord> gaps)
    {
        var found = highest;
        var below = SegmentSize.SegmentNumber(highest.Start);
        for (var steps = 0; steps < MostOvertaking && below > 0; steps++)
        {
            var segment = new WalSegment(highest.Timeline, --below, SegmentSize);
            if (listing.Segments.Contains(segment))
                continue;
            var isLost = gaps.Exists(
                gap => gap.Timeline == segment.Timeline && !LsnRanges.Clip(new LsnRange(gap.Start, gap.End), segment.Range).IsEmpty);
            if (isLost || !listing.Partials.Contains(segment))
                break;
            found = new ResumePoint(segment.Timeline, segment.Start, segment);
        }

        return found;
    }

    internal static WalStore CreateOrOpen(string directory, LineageRecord lineage, RepositoryOptions options)
    {
        StorageFailure.Run($"making {directory}", () =>
        {
            DirectorySync.Create(directory);
            var file = Path.Combine(directory, LineageRecord.FileName);
            if (!Presence.OfFile(file))
                AtomicFile.PutIfAbsent(file, RepositoryJson.Write(lineage, RepositoryJson.Default.LineageRecord));
        });
        var store = Open(directory, lineage.System, options);
        return store.SegmentSize == lineage.SegmentSize ? store : throw new OperationException(
            ErrorCodes.ForeignSystem,
            $"opening {directory}: it holds WAL in segments of {store.SegmentSize}, the server writes {lineage.SegmentSize}",
            "pg_resetwal may have changed the server: keep its WAL in a new repository");
    }

    internal static WalStore Open(string directory, SystemIdentifier system, RepositoryOptions options)
    {
        var file = Path.Combine(directory, LineageRecord.FileName);
        var lineage = RepositoryJson.Read(file, LineageRecord.CurrentFormat, RepositoryJson.Default.LineageRecord);
        return lineage.System == system ? new WalStore(directory, lineage, options) : throw new OperationException(
            ErrorCodes.ForeignSystem,
            $"opening {directory}: {file} names system {lineage.System}",
            "the directory was renamed or copied by hand; give it its own name back");
    }

    private void Complete(WalSegment segment)
    {
        var partial = PartialPath(segment);
        var final = SegmentPath(segment);
        if (!Presence.OfFile(partial) && Presence.OfFile(final))
            return;
        using (var handle = File.OpenHandle(partial, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete))
        {
            var length = RandomAccess.GetLength(handle);
            if (length != SegmentSize.Bytes)
            {
                throw new OperationException(
                    ErrorCodes.WalInvalid,
                    $"completing {partial}: it has {length} bytes, a segment has {SegmentSize.Bytes}",
                    "receive the segment again");
            }

            DurableFile.FlushData(handle, partial);
        }

        if (DurableFile.TryRename(partial, final))
            return;
        if (!FileComparison.AreEqual(partial, final))
        {
            throw new OperationException(
                ErrorCodes.WalInvalid,
                $"completing {segment.Name}: {final} exists and holds other bytes",
                "two servers write the same timeline; keep the WAL of each in a repository of its own");
        }

        File.Delete(partial);
        DirectorySync.Flush(Directory);
    }

    /// <summary>
    /// A segment that is completed while the directory is read may be seen under neither of its names, so a hole that nobody recorded
    /// must be seen twice.
    /// </summary>
    private WalLedger ReadLedger(bool checkSizes)
    {
        var ledger = ReadLedgerOnce(checkSizes);
        return ledger.Gaps.Any(static gap => gap.Origin == WalGapOrigin.Found) ? ReadLedgerOnce(checkSizes) : ledger;
    }

    private WalLedger ReadLedgerOnce(bool checkSizes)
    {
        // First: of what it speaks the listing then has, however much arrives meanwhile.
        var complete = ReadCompleteness();
        var listing = WalListing.Read(Directory, SegmentSize, checkSizes);
        var builder = new WalLedgerBuilder(_lineage);
        builder.AddSegments(listing.Segments);
        foreach (var segment in listing.WrongSizes)
            builder.AddWrongSize(segment);
        foreach (var segment in listing.Partials)
            AddPartial(builder, segment);
        foreach (var timeline in listing.Histories)
            builder.AddHistory(ReadHistory(timeline));
        foreach (var gap in listing.GapFiles.Select(ReadGap))
            builder.AddGap(gap.ToGap());
        foreach (var newest in listing.Newest())
            builder.SetLastStored(newest.Timeline, LastStored(newest));
        // Without a reader for unfinished segments nobody can tell how far they go.
        if (complete is not null && _options.PartialFrontier is not null)
            builder.SetComplete(complete);
        return builder.Build() with { Complete = complete };
    }

    /// <summary>Null where there is none that can be read: it is not synced, so a power cut may leave anything in its place.</summary>
    private WalCompleteness? ReadCompleteness()
    {
        var path = Path.Combine(Directory, CompletenessRecord.FileName);
        try
        {
            return RepositoryJson.ReadIfPresent(path, CompletenessRecord.CurrentFormat, RepositoryJson.Default.CompletenessRecord)
                ?.ToCompleteness();
        }
        catch (OperationException exception) when (exception.Code == ErrorCodes.RepositoryInvalid)
        {
            return null;
        }
    }

    private void AddPartial(WalLedgerBuilder builder, WalSegment segment)
    {
        var path = PartialPath(segment);
        try
        {
            builder.AddPartial(segment, _options.PartialFrontier?.Invoke(segment, path) ?? segment.Start);
        }
        catch (FileNotFoundException)
        {
            // Completed and renamed since the directory was read; its bytes are there under the final name.
            builder.AddPartial(segment, Presence.OfFile(SegmentPath(segment)) ? segment.End : segment.Start);
        }
    }

    private DateTimeOffset LastStored(WalSegment newest)
    {
        var partial = new FileInfo(PartialPath(newest));
        var time = partial.Exists ? partial.LastWriteTimeUtc : new FileInfo(SegmentPath(newest)).LastWriteTimeUtc;
        return new DateTimeOffset(time, TimeSpan.Zero);
    }

    private TimelineHistory ReadHistory(TimelineId timeline) => ParseHistory(timeline, File.ReadAllBytes(HistoryPath(timeline)), "reading");

    private GapRecord ReadGap(string name)
    {
        var path = Path.Combine(Directory, name);
        var record = RepositoryJson.Read(path, GapRecord.CurrentFormat, RepositoryJson.Default.GapRecord);
        return record.FileName == name ? record : throw new OperationException(
            ErrorCodes.RepositoryInvalid,
            $"reading {path}: it speaks of {record.Start}..{record.End} of timeline {record.Timeline}, its name of something else",
            $"the file was renamed or copied by hand; its own name is {record.FileName}");
    }

    private TimelineHistory ParseHistory(TimelineId timeline, ReadOnlySpan<byte> content, string attempted)
    {
        try
        {
            return TimelineHistory.Parse(timeline, Encoding.UTF8.GetString(content));
        }
        catch (FormatException exception)
        {
            throw new OperationException(
                ErrorCodes.WalInvalid,
                $"{attempted} {HistoryPath(timeline)}: {exception.Message}",
                "fetch the history from the server again",
                exception);
        }
    }
}
