using Howdah.Core.Errors;
using Howdah.Postgres.DataDirectory;
using Howdah.Repository.Snapshots;

namespace Howdah.Operations.Drill;

/// <summary>Checks the checksum of every page of a stopped server's relations.</summary>
internal sealed class DataPages
{
    private const int BlockBytes = 1 << 20;

    private readonly Lock _gate = new();
    private readonly List<SnapshotChecksumFailure> _failures = [];

    public long PagesChecked { get; private set; }

    public long FailureCount { get; private set; }

    /// <summary>The first of them, at most <see cref="SnapshotRecord.MostListedFailures"/>.</summary>
    public IReadOnlyList<SnapshotChecksumFailure> Failures => _failures;

    /// <param name="root">A directory whose files are at <paramref name="prefix"/> of the data directory.</param>
    /// <param name="prefix">For example <c>pg_tblspc/16400</c>; empty for the data directory itself.</param>
    /// <param name="ct">Ends the check.</param>
    public async Task CheckAsync(string root, string prefix, CancellationToken ct)
    {
        var options = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint };
        var files = Directory.EnumerateFiles(root, "*", options);
        await Parallel.ForEachAsync(files, ct, (file, token) =>
        {
            var path = Path.Combine(prefix, Path.GetRelativePath(root, file));
            if (RelationFileName.TryParsePath(path, out var relation))
                CheckFile(file, path, relation.FirstBlock, token);
            return ValueTask.CompletedTask;
        });
    }

    private void CheckFile(string file, string path, uint firstBlock, CancellationToken ct)
    {
        using var handle = File.OpenHandle(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, FileOptions.SequentialScan);
        var buffer = new byte[BlockBytes];
        long offset = 0;
        while (true)
        {
            ct.ThrowIfCancellationRequested();
            var read = RandomAccess.Read(handle, buffer, offset);
            if (read == 0)
                return;
            var whole = read - (read % PageHeader.PageBytes);
            CheckPages(buffer.AsSpan(0, whole), path, firstBlock + (uint)(offset / PageHeader.PageBytes));
            if (whole == 0)
                throw new OperationException(ErrorCodes.DrillFailed, $"{path} ends within a page");
            offset += whole;
        }
    }

    private void CheckPages(ReadOnlySpan<byte> pages, string path, uint block)
    {
        long count = 0;
        for (; !pages.IsEmpty; pages = pages[PageHeader.PageBytes..], block++)
        {
            var page = pages[..PageHeader.PageBytes];
            var header = PageHeader.Read(page);
            count++;
            if (!header.IsNew && !PageChecksum.Matches(page, block))
                AddFailure(new SnapshotChecksumFailure(path, block, header.Checksum, PageChecksum.Compute(page, block)));
        }

        lock (_gate)
            PagesChecked += count;
    }

    private void AddFailure(SnapshotChecksumFailure failure)
    {
        lock (_gate)
        {
            FailureCount++;
            if (_failures.Count < SnapshotRecord.MostListedFailures)
                _failures.Add(failure);
        }
    }
}
