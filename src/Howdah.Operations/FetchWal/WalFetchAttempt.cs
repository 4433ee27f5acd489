using Howdah.Core.Errors;
using Howdah.Core.Wal;
using Howdah.Postgres.Wal;
using Howdah.Repository;
using Howdah.Storage;
using Microsoft.Win32.SafeHandles;

namespace Howdah.Operations.FetchWal;

/// <summary>One attempt. The way of a complete segment is short on purpose: one open, one 40-byte read, one copy, one rename.</summary>
internal sealed class WalFetchAttempt(FetchWalOptions options, string name, string path)
{
    // The server deletes its target before each call (xlogarchive.c) and calls one at a time, so one fixed name beside it suffices,
    // and what a killed fetch leaves behind is overwritten by the next.
    private const string TemporarySuffix = ".howdah";

    private const int SegmentNameLength = 24;

    private string Directory => System.IO.Path.Combine(options.Repository, "wal", options.System.ToString());

    public FetchWalResult Run(CancellationToken ct)
    {
        var end = ServedEnd();

        // A partial may become complete between the first look and the second, so the final name is looked at again.
        var isSegment = WalFileName.Classify(name) == WalFileKind.Segment;
        var served = TryServe(name, end, ct)
            || (isSegment && (TryServe(name + WalFileName.PartialSuffix, end, ct) || TryServe(name, end, ct)));
        return served ? FetchWalResult.Done : ExplainAbsence(ct);
    }

    /// <summary>Where the WAL ends that may be served of the wanted segment's timeline; null where all of it may.</summary>
    private Lsn? ServedEnd()
    {
        var owned = OwnedEnd();
        return options.EndsAt is { } end && WalFileName.Classify(name) == WalFileKind.Segment
            ? Lsn.Min(end, owned ?? end)
            : owned;
    }

    /// <summary>Where the wanted segment's timeline leaves the way to the followed one; null where it does not.</summary>
    private Lsn? OwnedEnd()
    {
        if (options.Timeline is not { } followed
            || WalFileName.Classify(name) != WalFileKind.Segment
            || !WalFileName.TryParseTimeline(name, out var wanted)
            || wanted == followed)
        {
            return null;
        }

        if (followed == TimelineId.First)
            return Lsn.None;
        try
        {
            var history = TimelineHistory.Parse(followed, File.ReadAllText(System.IO.Path.Combine(Directory, followed.HistoryFileName)));
            return history.OwnedRange(wanted)?.End ?? Lsn.None;
        }
        catch (FormatException exception)
        {
            throw Invalid(followed.HistoryFileName, exception.Message);
        }
    }

    /// <summary>False where the file is not there, or begins where nothing more may be served.</summary>
    private bool TryServe(string file, Lsn? end, CancellationToken ct)
    {
        SafeFileHandle source;
        try
        {
            source = File.OpenHandle(
                System.IO.Path.Combine(Directory, file), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (FileNotFoundException)
        {
            return false;
        }

        using (source)
        {
            if (WalFileName.Classify(file) is WalFileKind.History or WalFileKind.BackupHistory)
            {
                Copy(source, length: null, cut: null, ct);
                return true;
            }

            if (CheckSegment(source, file) is not { } segment || (end is { } last && segment.Start >= last))
                return false;
            long? cut = end is { } within && within < segment.End ? (long)(within - segment.Start) : null;
            Copy(source, segment.Size.Bytes, cut, ct);
            return true;
        }
    }

    /// <summary>
    /// Throws where the file is not WAL of this system and of this name: the server would only notice the page that it reads.
    /// Null for an unfinished segment of which nothing has arrived.
    /// </summary>
    private WalSegment? CheckSegment(SafeFileHandle source, string file)
    {
        Span<byte> header = stackalloc byte[WalPageHeader.LongHeaderBytes];
        var read = RandomAccess.Read(source, header, 0);
        var isPartial = WalFileName.Classify(file) == WalFileKind.PartialSegment;
        if (isPartial && (read < header.Length || !header.ContainsAnyExcept((byte)0)))
            return null;
        var page = read == header.Length ? WalPageHeader.Read(header) : default;
        var first = page.IsLong ? WalLongHeader.Read(header) : default;
        if (!page.IsLong || !WalSegmentSize.IsValid(first.SegmentBytes))
            throw Invalid(file, "its first page has no valid header");
        if (first.System != options.System)
            throw new OperationException(ErrorCodes.ForeignSystem, $"{file} belongs to system {first.System}, not to {options.System}");
        var known = WalSegment.TryParse(name.AsSpan(0, SegmentNameLength), new WalSegmentSize((int)first.SegmentBytes), out var segment);
        if (!known || page.Address != segment.Start)
            throw Invalid(file, $"it begins at {page.Address}, which is not what its name says");
        if (!isPartial && RandomAccess.GetLength(source) != first.SegmentBytes)
            throw Invalid(file, $"it has {RandomAccess.GetLength(source)} bytes, a segment has {first.SegmentBytes}");
        return segment;
    }

    /// <summary>
    /// Temporary file beside the target, then rename: a fetch that dies leaves nothing under the server's name. No fsync: the server
    /// itself syncs the file before it relies on it (xlogarchive.c, KeepFileRestoredFromArchive: durable_rename), and after a crash
    /// it asks again.
    /// </summary>
    /// <remarks>
    /// An unfinished segment is copied whole: what has arrived, then zeroes. The server verifies each record, so that half a record at
    /// the end, or one that is just arriving, ends its replay exactly there.
    /// </remarks>
    private void Copy(SafeFileHandle source, long? length, long? cut, CancellationToken ct)
    {
        var temporary = path + TemporarySuffix;
        using (var target = File.OpenHandle(temporary, FileMode.Create, FileAccess.ReadWrite, FileShare.Read))
        {
            FileCopy.CopyAll(source, target, ct);
            if (cut is { } kept)
                RandomAccess.SetLength(target, kept);
            if (length is { } full && RandomAccess.GetLength(target) != full)
                RandomAccess.SetLength(target, full);
        }

        File.Move(temporary, path, overwrite: true);
    }

    /// <summary>Opens the repository and reads the ledger: only then may "absent" be said.</summary>
    private FetchWalResult ExplainAbsence(CancellationToken ct)
    {
        var repository = BackupRepository.Open(options.Repository, new RepositoryOptions());
        var store = repository.FindWal(options.System) ?? throw new OperationException(
            ErrorCodes.ForeignSystem,
            $"{options.Repository} holds no WAL of system {options.System}",
            "name the repository that this cluster's WAL is received into");
        ct.ThrowIfCancellationRequested();
        return new WalAbsence(options, store).Explain(name);
    }

    private static OperationException Invalid(string file, string what) =>
        new(
            ErrorCodes.WalInvalid,
            $"{file} is damaged: {what}",
            "howdah wal list shows what the repository holds; fetch the segment from another copy");
}
