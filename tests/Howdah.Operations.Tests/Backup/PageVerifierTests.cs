using System.Buffers.Binary;
using CsCheck;
using Howdah.Core.Wal;
using Howdah.Operations.Backup;
using Howdah.Postgres.DataDirectory;

namespace Howdah.Operations.Tests.Backup;

public sealed class PageVerifierTests
{
    private static readonly Lsn Start = new(1000);
    private static readonly Lsn End = new(2000);

    [Fact]
    public void Each_page_is_judged_once_however_the_bytes_are_cut() => Gen.Int[1, 20_000].Sample(step =>
    {
        byte[] file = [.. Page(500, 0), .. Page(500, 1, damaged: true), .. new byte[8192], .. Page(500, 3), .. new byte[100]];
        var verifier = Verify("base/1/16384", file, step);
        Assert.Equal(3, verifier.PagesChecked);
        Assert.Equal(1u, Assert.Single(verifier.Failures).Block);
    }, iter: 50);

    [Fact]
    public void Blocks_count_on_beyond_the_first_gigabyte()
    {
        var verifier = Verify("base/1/16384.2", Page(500, 2 * 131072), 8192);
        Assert.Equal(0, verifier.FailureCount);
        verifier = Verify("base/1/16384.2", Page(500, 0), 8192);
        Assert.Equal(2u * 131072, Assert.Single(verifier.Failures).Block);
    }

    [Theory]
    [InlineData(999, 1)]
    [InlineData(1000, 0)]
    [InlineData(1999, 0)]
    [InlineData(2000, 0)]
    [InlineData(2001, 1)]
    public void A_damaged_page_counts_unless_wal_of_the_backup_replaces_it(ulong pageLsn, int failures)
    {
        var verifier = Verify("global/1262", Page(pageLsn, 0, damaged: true), 8192);
        Assert.Equal(failures, verifier.FailureCount);
        Assert.Equal(failures, verifier.Failures.Count);
    }

    [Fact]
    public void Files_without_pages_are_left_alone() => Assert.Equal(0, Verify("pg_xact/0000", new byte[8192], 8192).PagesChecked);

    private static PageVerifier Verify(string path, byte[] file, int step)
    {
        var verifier = new PageVerifier(Start);
        verifier.BeginFile(path);
        for (var at = 0; at < file.Length; at += step)
            verifier.Append(file.AsSpan(at, Math.Min(step, file.Length - at)));
        verifier.Complete(End);
        return verifier;
    }

    private static byte[] Page(ulong lsn, uint block, bool damaged = false)
    {
        var page = new byte[PageHeader.PageBytes];
        BinaryPrimitives.WriteUInt32LittleEndian(page.AsSpan(4), (uint)lsn);
        BinaryPrimitives.WriteUInt16LittleEndian(page.AsSpan(14), 8000);
        page[5000] = (byte)block;
        BinaryPrimitives.WriteUInt16LittleEndian(page.AsSpan(8), PageChecksum.Compute(page, block));
        page[6000] = damaged ? (byte)1 : (byte)0;
        return page;
    }
}
