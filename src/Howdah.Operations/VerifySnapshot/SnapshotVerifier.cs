using Howdah.Core.Errors;
using Howdah.Postgres.DataDirectory;
using Howdah.Repository.Snapshots;
using Howdah.Storage;

namespace Howdah.Operations.VerifySnapshot;

/// <summary>What is wrong with a file of a snapshot.</summary>
public enum SnapshotFindingKind
{
    Missing,
    WrongSize,
    WrongChecksum,

    /// <summary>In the directory and not in the manifest.</summary>
    Unlisted,
}

/// <summary>One file that is not what the manifest says.</summary>
/// <param name="Kind">What is wrong.</param>
/// <param name="Path">Relative to the data directory; in a tablespace <c>pg_tblspc/&lt;oid&gt;/…</c>.</param>
/// <param name="Detail">What was seen and what was expected.</param>
public sealed record SnapshotFinding(SnapshotFindingKind Kind, string Path, string Detail);

/// <summary>Reads a snapshot again and compares every file with its manifest, as pg_verifybackup does.</summary>
public sealed class SnapshotVerifier(Snapshot snapshot)
{
    /// <summary>A snapshot with more findings than this is lost; the rest is not listed.</summary>
    public const int FindingLimit = 1000;

    private readonly SnapshotFiles _files = new(snapshot);
    private readonly List<SnapshotFinding> _findings = [];

    /// <summary>Bytes read so far.</summary>
    public long BytesRead { get; private set; }

    /// <summary>All findings, at most <see cref="FindingLimit"/>; none where the snapshot is whole.</summary>
    /// <exception cref="OperationException"><see cref="ErrorCodes.SnapshotCorrupt"/>: the manifest itself is missing or
    /// damaged.</exception>
    public IReadOnlyList<SnapshotFinding> Run(CancellationToken cancellationToken)
    {
        if (snapshot.ManifestPath is not { } path || !Presence.OfFile(path))
            throw new OperationException(ErrorCodes.SnapshotCorrupt, $"snapshot {snapshot.Id} has no manifest", "use another snapshot");
        var listed = new HashSet<string>(StringComparer.Ordinal);
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1);
            using var reader = new BackupManifestReader(stream);
            while (reader.TryReadFile(out var file))
            {
                cancellationToken.ThrowIfCancellationRequested();
                listed.Add(file.Path);
                Check(file, cancellationToken);
            }
        }
        catch (OperationException e) when (e.Code == ErrorCodes.FileFormatInvalid)
        {
            throw new OperationException(ErrorCodes.SnapshotCorrupt, $"snapshot {snapshot.Id}: {e.Message}", "use another snapshot", e);
        }

        foreach (var unlisted in _files.Enumerate().Where(file => !listed.Contains(file)))
            Add(SnapshotFindingKind.Unlisted, unlisted, "the manifest does not know this file");
        return _findings;
    }

    private void Check(ManifestFile file, CancellationToken cancellationToken)
    {
        var place = _files.Locate(file.Path);
        if (place is null || !Presence.OfFile(place))
        {
            Add(SnapshotFindingKind.Missing, file.Path, "the file is missing");
            return;
        }

        StorageFailure.Run($"reading {place}", () =>
        {
            using var handle = File.OpenHandle(place, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var length = RandomAccess.GetLength(handle);
            if (length != file.Size)
            {
                Add(SnapshotFindingKind.WrongSize, file.Path, $"{length} bytes, the manifest says {file.Size}");
                return;
            }

            var checksum = FileChecksum.Compute(handle, file.Algorithm, cancellationToken);
            BytesRead += length;
            if (!checksum.AsSpan().SequenceEqual(file.Checksum))
                Add(SnapshotFindingKind.WrongChecksum, file.Path, Describe(file, checksum));
        });
    }

    private static string Describe(ManifestFile file, byte[] computed) =>
        $"{file.Algorithm} is {Convert.ToHexStringLower(computed)}, the manifest says {Convert.ToHexStringLower(file.Checksum)}";

    private void Add(SnapshotFindingKind kind, string path, string detail)
    {
        if (_findings.Count < FindingLimit)
            _findings.Add(new SnapshotFinding(kind, path, detail));
    }
}
