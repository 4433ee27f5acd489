using Howdah.Core.Wal;
using Howdah.Postgres.DataDirectory;

namespace Howdah.Operations.Backup;

/// <summary>A page that does not match its checksum.</summary>
/// <param name="Path">The file, relative to the data directory.</param>
/// <param name="Block">Block number in the relation fork.</param>
/// <param name="Stored">The checksum in the page.</param>
/// <param name="Computed">What its content gives.</param>
/// <param name="PageLsn">The position that the page claims.</param>
public sealed record PageChecksumFailure(string Path, uint Block, ushort Stored, ushort Computed, Lsn PageLsn);

/// <summary>
/// Checks the pages of relation files as they stream by, in pieces of any size.
/// </summary>
/// <remarks>
/// The server's rule (PostgreSQL 11-18, basebackup.c, verify_page_checksum): new pages have no checksum, and a page changed since
/// the backup's start may be torn and will be replaced by WAL. The server has already read a failing page a second time and sends
/// what it judged, so the same rule applied to the stream gives the same verdict. Beyond it, a page whose LSN lies after the
/// backup's end cannot have been changed during the backup: such a page escapes the server's check, not ours.
/// </remarks>
internal sealed class PageVerifier(Lsn backupStart)
{
    /// <summary>Failures that are listed one by one; further ones are counted. 10 000 records are about 1 MiB.</summary>
    public const int ListLimit = 10_000;

    private readonly List<PageChecksumFailure> _failures = [];
    private readonly List<PageChecksumFailure> _changedDuringBackup = [];
    private readonly byte[] _torn = new byte[PageHeader.PageBytes];
    private int _tornCount;
    private string _path = "";
    private uint _block;
    private bool _isRelation;

    public long PagesChecked { get; private set; }

    public long FailureCount { get; private set; }

    /// <summary>The first <see cref="ListLimit"/> failures.</summary>
    public IReadOnlyList<PageChecksumFailure> Failures => _failures;

    public void BeginFile(string path)
    {
        _path = path;
        _tornCount = 0;
        _isRelation = RelationFileName.TryParsePath(path, out var name);
        _block = name.FirstBlock;
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (!_isRelation)
            return;
        if (_tornCount > 0)
        {
            var taken = Math.Min(bytes.Length, PageHeader.PageBytes - _tornCount);
            bytes[..taken].CopyTo(_torn.AsSpan(_tornCount));
            _tornCount += taken;
            bytes = bytes[taken..];
            if (_tornCount < PageHeader.PageBytes)
                return;
            Check(_torn);
            _tornCount = 0;
        }

        for (; bytes.Length >= PageHeader.PageBytes; bytes = bytes[PageHeader.PageBytes..])
            Check(bytes[..PageHeader.PageBytes]);
        bytes.CopyTo(_torn);
        _tornCount = bytes.Length;
    }

    /// <summary>Judges the pages that claimed to have been changed during the backup, now that its end is known.</summary>
    public void Complete(Lsn backupEnd)
    {
        foreach (var failure in _changedDuringBackup)
        {
            if (failure.PageLsn > backupEnd)
                Count(failure);
        }

        _changedDuringBackup.Clear();
    }

    private void Check(ReadOnlySpan<byte> page)
    {
        var block = _block++;
        var header = PageHeader.Read(page);
        if (header.IsNew)
            return;
        PagesChecked++;
        var computed = PageChecksum.Compute(page, block);
        if (computed == header.Checksum)
            return;
        var failure = new PageChecksumFailure(_path, block, header.Checksum, computed, header.Lsn);
        if (header.Lsn < backupStart)
            Count(failure);
        else if (_changedDuringBackup.Count < ListLimit)
            _changedDuringBackup.Add(failure);
    }

    private void Count(PageChecksumFailure failure)
    {
        FailureCount++;
        if (_failures.Count < ListLimit)
            _failures.Add(failure);
    }
}
