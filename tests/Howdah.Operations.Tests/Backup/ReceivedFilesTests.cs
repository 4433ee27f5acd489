using Howdah.Core.Errors;
using Howdah.Core.Wal;
using Howdah.Operations.Backup;
using Howdah.Postgres.DataDirectory;

namespace Howdah.Operations.Tests.Backup;

public sealed class ReceivedFilesTests
{
    private static readonly ManifestWalRange Range = new(TimelineId.First, new LsnRange(new Lsn(100), new Lsn(200)));

    [Fact]
    public void Equal_files_in_any_order_are_accepted()
    {
        var received = Receive(("a", 1, 1), ("b", 2, 2), ("c", 3, 3));
        Assert.Equal([Range], Verify(received, ("a", 1, 1), ("b", 2, 2), ("c", 3, 3)));
        Assert.Equal([Range], Verify(received, ("c", 3, 3), ("a", 1, 1), ("b", 2, 2)));
        Assert.Equal(6, received.Bytes);
    }

    [Fact]
    public void Every_difference_is_named()
    {
        var received = Receive(("a", 1, 1), ("b", 2, 2));
        Assert.Contains(
            "'b' has CRC 00000002, the manifest says 00000003", Fail(received, ("a", 1, 1), ("b", 2, 3)), StringComparison.Ordinal);
        Assert.Contains("'a' has 1 bytes, the manifest says 7", Fail(received, ("a", 7, 1), ("b", 2, 2)), StringComparison.Ordinal);
        Assert.Contains("1 received files are not in the manifest", Fail(received, ("a", 1, 1)), StringComparison.Ordinal);
        Assert.Contains(
            "'c' is in the manifest and was not received", Fail(received, ("a", 1, 1), ("b", 2, 2), ("c", 1, 1)), StringComparison.Ordinal);
        Assert.Contains("'a' is in the manifest twice", Fail(received, ("a", 1, 1), ("b", 2, 2), ("a", 1, 1)), StringComparison.Ordinal);
    }

    [Fact]
    public void Files_beyond_a_chunk_are_compared_too_in_any_order()
    {
        var files = Enumerable.Range(0, 10_000).Select(static i => ($"base/5/{i}", (long)i, (uint)i)).ToArray();
        Assert.Equal([Range], Verify(Receive(files), files));
        Assert.Equal([Range], Verify(Receive(files), [.. files.Reverse()]));
        files[9_999].Item3++;
        Assert.Contains("'base/5/9999' has CRC", Fail(Receive([.. files.SkipLast(1), ("base/5/9999", 9_999, 9_999)]), files),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Millions_of_files_take_24_bytes_each_and_nothing_is_copied_while_they_grow()
    {
        // Past 2^21 files a list that doubles would hold 2^21 and 2^22 entries at once.
        const int Files = (1 << 21) + (1 << 20);
        string[] paths = ["base/5/16384", "base/5/16384_fsm", "base/5/16384_vm"];
        var received = new ReceivedFiles();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < Files; i++)
            received.Add(paths[i % paths.Length], 8192, 7);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal(Files, received.Count);
        Assert.InRange(allocated, 24L * Files, (24L * Files) + (1 << 20));
    }

    private static string Fail(ReceivedFiles received, params (string Path, long Size, uint Crc)[] manifest)
    {
        var e = Assert.Throws<OperationException>(() => Verify(received, manifest));
        Assert.Equal(ErrorCodes.BackupFailed, e.Code);
        return e.Message;
    }

    private static ReceivedFiles Receive(params (string Path, long Size, uint Crc)[] files)
    {
        var received = new ReceivedFiles();
        foreach (var (path, size, crc) in files)
            received.Add(path, size, crc);
        return received;
    }

    private static IReadOnlyList<ManifestWalRange> Verify(ReceivedFiles received, params (string Path, long Size, uint Crc)[] manifest)
    {
        using var stream = new MemoryStream();
        using var writer = new BackupManifestWriter(stream, new SystemIdentifier(7));
        foreach (var (path, size, crc) in manifest)
            writer.Add(ManifestFile.WithCrc32C(path, size, DateTimeOffset.UnixEpoch, crc));
        writer.Complete([Range]);
        stream.Position = 0;
        return received.VerifyAgainst(stream, CancellationToken.None);
    }
}
