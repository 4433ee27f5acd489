using System.Text;
using Howdah.Core.Errors;
using Howdah.Postgres.DataDirectory;

namespace Howdah.Operations.Backup;

/// <summary>
/// What was received of each file, to be held against the server's manifest at the end.
/// </summary>
/// <remarks>
/// The manifest lists files in the order they were sent, so one pass over both suffices; a file out of order is looked up. Memory:
/// 24 bytes a file, 24 MB for a million; paths are kept as 64-bit hashes only.
/// </remarks>
internal sealed class ReceivedFiles
{
    private readonly List<Received> _files = [];
    private Dictionary<ulong, int>? _byPath;

    public int Count => _files.Count;

    public long Bytes { get; private set; }

    public void Add(string path, long size, uint crc)
    {
        _files.Add(new Received(Hash(Encoding.UTF8.GetBytes(path)), size, crc));
        Bytes += size;
    }

    /// <summary>Compares with the manifest, whose own checksum is verified too.</summary>
    /// <exception cref="OperationException"><see cref="ErrorCodes.BackupFailed"/>: a file differs or is missing; the message names the
    /// first ones.</exception>
    public IReadOnlyList<ManifestWalRange> VerifyAgainst(Stream manifest, CancellationToken cancellationToken)
    {
        var problems = new ManifestProblems();
        var seen = new bool[_files.Count];
        var next = 0;
        using var reader = new BackupManifestReader(manifest);
        while (reader.TryReadFile(out var file))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var hash = Hash(file.PathBytes);
            var index = next < _files.Count && _files[next].PathHash == hash ? next : Find(hash);
            if (index < 0)
            {
                problems.Add($"'{file.Path}' is in the manifest and was not received");
                continue;
            }

            next = index + 1;
            if (seen[index])
                problems.Add($"'{file.Path}' is in the manifest twice");
            seen[index] = true;
            Compare(file, _files[index], problems);
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

    private int Find(ulong hash)
    {
        if (_byPath is null)
        {
            _byPath = new Dictionary<ulong, int>(_files.Count);
            for (var i = 0; i < _files.Count; i++)
                _byPath[_files[i].PathHash] = i;
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
