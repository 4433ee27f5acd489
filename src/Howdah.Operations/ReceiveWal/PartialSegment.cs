using System.Buffers;
using Howdah.Core.Errors;
using Howdah.Core.Wal;
using Howdah.Postgres.Wal;
using Howdah.Repository.Wal;
using Howdah.Storage;
using Microsoft.Win32.SafeHandles;

namespace Howdah.Operations.ReceiveWal;

/// <summary>
/// The <c>.partial</c> file of one segment: full size from the start, zeroes where nothing was written. Bytes that it holds
/// already are compared with what the server sends again, so a server with another past is noticed. Written by one thread.
/// </summary>
internal sealed class PartialSegment : IDisposable
{
    // Reserved but unwritten space makes each fdatasync commit the filesystem's journal, too. Where commits trickle in, this much is
    // written with zeroes ahead of them, so that one fdatasync in many pays for that; a segment at once would be a pause.
    private const int ZeroesAhead = 256 << 10;

    private static readonly byte[] Zeroes = new byte[ZeroesAhead];

    private readonly SafeFileHandle _handle;
    private readonly string _path;
    private Lsn _known;
    private bool _nameIsDurable;
    private Lsn _written;
    private Lsn _flushed;

    // Up to here the file's blocks have been written. A file that was there before is left as it is: it may hold more than is known.
    private Lsn _initialized;

    private PartialSegment(WalSegment segment, SafeFileHandle handle, string path, Lsn known, bool isNew)
    {
        (_written, _flushed) = (segment.Start, segment.Start);
        _initialized = isNew ? segment.Start : segment.End;
        Segment = segment;
        IsNew = isNew;
        _nameIsDurable = !isNew;
        _handle = handle;
        _path = path;
        _known = known;
    }

    public WalSegment Segment { get; }

    public SafeFileHandle Handle => _handle;

    /// <summary>The file was not there before.</summary>
    public bool IsNew { get; }

    /// <summary>The bytes up to here were valid WAL on disk when the file was opened.</summary>
    public Lsn KnownAtOpen => _known;

    /// <summary>Opens or creates the file; all of its space is reserved, so that no later write can find the disk full.</summary>
    /// <param name="store">Where the file is.</param>
    /// <param name="segment">The segment.</param>
    /// <param name="system">Whose WAL it must be.</param>
    /// <param name="rewrite">What the file shows may not be on disk, even after a flush: it is written again.</param>
    public static PartialSegment Open(WalStore store, WalSegment segment, SystemIdentifier system, bool rewrite)
    {
        var path = store.PartialPath(segment);
        return StorageFailure.Run($"opening WAL segment {path}", () =>
        {
            var exists = Presence.OfFile(path);
            var handle = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
            try
            {
                if (!exists)
                    File.SetUnixFileMode(handle, AtomicFile.OwnerOnly);
                if (RandomAccess.GetLength(handle) != segment.Size.Bytes)
                    DurableFile.Preallocate(handle, 0, segment.Size.Bytes, path);
                var known = exists ? FindKnown(handle, segment, system) : segment.Start;
                if (rewrite)
                    Rewrite(handle, (long)(known - segment.Start));
                // A process that was killed may have left bytes that are not on disk yet: they are flushed before they count.
                if (exists)
                {
                    DurableFile.FlushData(handle, path);
                    DirectorySync.Flush(store.Directory);
                }

                return new PartialSegment(segment, handle, path, known, isNew: !exists);
            }
            catch
            {
                handle.Dispose();
                throw;
            }
        });
    }

    /// <summary>Writes bytes that lie within the segment.</summary>
    /// <exception cref="OperationException"><see cref="ErrorCodes.WalInvalid"/>: other bytes are known at that place.</exception>
    public void Write(Lsn start, ReadOnlySpan<byte> bytes)
    {
        if (start < _known)
        {
            var again = (int)Math.Min((ulong)bytes.Length, _known - start);
            Compare(start, bytes[..again]);
            start += (ulong)again;
            bytes = bytes[again..];
        }

        if (bytes.IsEmpty)
            return;
        try
        {
            RandomAccess.Write(_handle, bytes, (long)(start - Segment.Start));
            _written = start + (ulong)bytes.Length;
        }
        catch (IOException exception)
        {
            throw StorageFailure.Describe($"writing WAL segment {_path}", exception);
        }
    }

    /// <summary>Puts what was written on disk, and the file's name the first time.</summary>
    public void Flush()
    {
        try
        {
            WriteZeroesAhead();
            DurableFile.FlushData(_handle, _path);
            if (_nameIsDurable)
                return;
            DirectorySync.Flush(Path.GetDirectoryName(_path)!);
            _nameIsDurable = true;
        }
        catch (IOException exception)
        {
            throw StorageFailure.Describe($"flushing WAL segment {_path}", exception);
        }
    }

    public void Dispose() => _handle.Dispose();

    private void WriteZeroesAhead()
    {
        var isTrickle = _written.BytesSince(_flushed) < ZeroesAhead;
        _flushed = _written;
        if (_written <= _initialized)
            return;
        _initialized = _written;
        if (!isTrickle)
            return;
        var count = (int)Math.Min(ZeroesAhead, Segment.End - _written);
        RandomAccess.Write(_handle, Zeroes.AsSpan(0, count), (long)(_written - Segment.Start));
        _initialized = _written + (ulong)count;
    }

    private static Lsn FindKnown(SafeFileHandle handle, WalSegment segment, SystemIdentifier system) =>
        WalEndFinder.Find(handle, segment, new WalChainVerifier(new WalExpectations { System = system })).End;

    private static void Rewrite(SafeFileHandle handle, long length)
    {
        var block = new byte[ZeroesAhead];
        int count;
        for (long offset = 0; offset < length; offset += count)
        {
            count = RandomAccess.Read(handle, block.AsSpan(0, (int)Math.Min(block.Length, length - offset)), offset);
            Invariant.Check(count > 0);
            RandomAccess.Write(handle, block.AsSpan(0, count), offset);
        }
    }

    private int ReadHeld(Span<byte> held, Lsn start)
    {
        try
        {
            return RandomAccess.Read(_handle, held, (long)(start - Segment.Start));
        }
        catch (IOException exception)
        {
            throw StorageFailure.Describe($"reading WAL segment {_path}", exception);
        }
    }

    private void Compare(Lsn start, ReadOnlySpan<byte> bytes)
    {
        var held = ArrayPool<byte>.Shared.Rent(bytes.Length);
        try
        {
            var span = held.AsSpan(0, bytes.Length);
            var count = ReadHeld(span, start);
            if (count == span.Length && span.SequenceEqual(bytes))
                return;
            var position = start + (ulong)span[..count].CommonPrefixLength(bytes);
            throw new OperationException(
                ErrorCodes.WalInvalid,
                $"the server sends other WAL at {position} than {_path} holds",
                "the server lost WAL or was restored without a new timeline: give it a new repository, or move this file away after "
                + "saving it");
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(held);
        }
    }
}
