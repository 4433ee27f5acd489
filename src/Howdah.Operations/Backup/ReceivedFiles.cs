using System.Text;
using Howdah.Core.Errors;
using Howdah.Postgres.DataDirectory;

namespace Howdah.Operations.Backup;

/// <summary>
/// What was received of each file, to be held against the server's manifest at the end.
/// </summary>
/// <remarks>
/// The manifest lists files in the order they were sent, so one pass over both suffices; a file out of order is looked up. Memory: 24
/// bytes a file, in chunks that stay where they are, so that nothing is held twice while they grow; at the end, one byte a file more. Paths
/// are kept as 64-bit hashes only. Of the 128 MiB that a backup may take these are 100 MB at four million files, which is the bound that
/// the promise holds for; a backup of more files takes more rather than fail. A look-up takes some 28 bytes a file more, and is made only
/// where the manifest differs from what was received or has another order; no server's is known to.
/// </remarks>
internal sealed class ReceivedFiles
{
    // 96 KiB each: large enough for the runtime not to move them.
    private const int ChunkBits = 12;
    private const int ChunkLength = 1 << ChunkBits;

    // A path in a tar archive of the server's has at most 255 bytes (tar.c, prefix and name); a longer one goes to the heap.
    private const int UsualPathBytes = 512;

    private readonly List<Received[]> _chunks = [];
    private Dictionary<ulong, int>? _byPath;

    public int Count { get; private set; }

    public long Bytes { get; private set; }

    public void Add(string path, long size, uint crc)
    {
        Span<byte> buffer = stackalloc byte[UsualPathBytes];
        var hash = Encoding.UTF8.TryGetBytes(path, buffer, out var length) ? Hash(buffer[..length]) : Hash(Encoding.UTF8.GetBytes(path));
        if (Count >> ChunkBits == _chunks.Count)
            _chunks.Add(new Received[ChunkLength]);
        _chunks[^1][Count & (ChunkLength - 1)] = new Received(hash, size, crc);
        Count++;
        Bytes += size;
    }

    /// <summary>Compares with the manifest, whose own checksum is verified too.</summary>
    /// <exception cref="OperationException"><see cref="ErrorCodes.BackupFailed"/>: a file differs or is missing; the message names the
    /// first ones.</exception>
    public IReadOnlyList<ManifestWalRange> VerifyAgainst(Stream manifest, CancellationToken cancellationToken)
    {
        var problems = new ManifestProblems();
        var seen = new bool[Count];
        var next = 0;
        using var reader = new BackupManifestReader(manifest);
        while (reader.TryReadFile(out var file))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var hash = Hash(file.PathBytes);
            var index = next < Count && At(next).PathHash == hash ? next : Find(hash);
            if (index < 0)
            {
                problems.Add($"'{file.Path}' is in the manifest and was not received");
                continue;
            }

            next = index + 1;
            if (seen[index])
                problems.Add($"'{file.Path}' is in the manifest twice");
            seen[index] = true;
            Compare(file, At(index), problems);
        }

        var unlisted = seen.Count(static listed => !listed);
        if (unlisted > 0)
            problems.Add($"{unlisted} received files are not in the manifest");
        problems.ThrowIfAny();
        return reader.WalRanges;
    }

    private static void Compare(ManifestFile file, Received received, ManifestProblems problems)
    {
        if (file.Size != received.Size)
            problems.Add($"'{file.Path}' has {received.Size} bytes, the manifest says {file.Size}");
        else if (file.Crc32C is { } crc && crc != received.Crc)
            problems.Add($"'{file.Path}' has CRC {received.Crc:X8}, the manifest says {crc:X8}");
    }

    private ref readonly Received At(int index) => ref _chunks[index >> ChunkBits][index & (ChunkLength - 1)];

    private int Find(ulong hash)
    {
        if (_byPath is null)
        {
            _byPath = new Dictionary<ulong, int>(Count);
            for (var i = 0; i < Count; i++)
                _byPath[At(i).PathHash] = i;
        }

        return _byPath.TryGetValue(hash, out var index) ? index : -1;
    }

    // FNV-1a: a chance of 2^-64 a pair that two of a cluster's paths collide, and then sizes and CRCs would still have to agree.
    private static ulong Hash(ReadOnlySpan<byte> path)
    {
        var hash = 14695981039346656037UL;
        foreach (var value in path)
            hash = (hash ^ value) * 1099511628211UL;
        return hash;
    }

    private readonly record struct Received(ulong PathHash, long Size, uint Crc);

    private sealed class ManifestProblems
    {
        private const int Listed = 5;
        private readonly List<string> _first = [];
        private int _count;

        public void Add(string problem)
        {
            if (_count++ < Listed)
                _first.Add(problem);
        }

        public void ThrowIfAny()
        {
            if (_count > 0)
                throw new OperationException(
                    ErrorCodes.BackupFailed,
                    $"the backup differs from the server's manifest in {_count} files: {string.Join("; ", _first)}",
                    "the connection or this machine's memory changed bytes on the way; take the backup again");
        }
    }
}
