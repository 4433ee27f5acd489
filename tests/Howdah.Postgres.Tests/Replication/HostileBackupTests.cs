using System.Text;
using Howdah.Core.Errors;
using Howdah.Core.Wal;
using Howdah.Postgres.Replication;
using static Howdah.Postgres.Tests.Wire.Peer;

namespace Howdah.Postgres.Tests.Replication;

public sealed class HostileBackupTests
{
    [Fact]
    public async Task An_archive_that_was_not_announced_is_refused()
    {
        await using var session = await HostileSession.OpenAsync(peer => peer.AnswerAsync(
            Columns(2), Row("0/2000028", "1"), Complete("SELECT"), Columns(3), Row(null, null, "10"), Complete("SELECT"),
            Message('H', [0, 0, 0]), Message('d', Encoding.UTF8.GetBytes("n../evil.tar\0\0"))), "15.1");
        await using var backup = await session.Connection.StartBaseBackupAsync(new BaseBackupOptions(), default);
        var exception = await Assert.ThrowsAsync<OperationException>(() => backup.ReadAsync(default).AsTask());
        Assert.Contains("did not announce", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("13.1")]
    [InlineData("15.1")]
    public async Task Damaged_pages_are_reported_at_the_end_of_a_complete_backup(string version)
    {
        byte[] start = version == "13.1" ? [] : Message('d', Encoding.UTF8.GetBytes("nbase.tar\0\0"));
        byte[] data = version == "13.1" ? Message('d', [7, 8]) : Message('d', [(byte)'d', 7, 8]);
        await using var session = await HostileSession.OpenAsync(peer => peer.AnswerAsync(
            Columns(2), Row("0/2000028", "1"), Complete("SELECT"), Columns(3), Row(null, null, "10"), Complete("SELECT"),
            Message('H', [0, 0, 0]), start, data, Message('N', [(byte)'M', .. Text("damage"), 0]), Message('c'),
            Columns(2), Row("0/3000000", "1"), Complete("SELECT"), Error(
                "XX001", "checksum verification failure during base backup"), Ready), version);
        await using var backup = await session.Connection.StartBaseBackupAsync(new BaseBackupOptions { ManifestChecksums = null }, default);
        Assert.Equal(10 * 1024, Assert.Single(backup.Tablespaces).EstimatedBytes);
        Assert.Equal(BaseBackupMessageKind.ArchiveStart, (await backup.ReadAsync(default)).Kind);
        Assert.Equal([7, 8], (await backup.ReadAsync(default)).Bytes.ToArray());
        var end = (await backup.ReadAsync(default)).End!;
        Assert.Equal(Lsn.Parse("0/3000000"), end.EndLsn);
        Assert.Contains("XX001", end.ChecksumError, StringComparison.Ordinal);
        Assert.Contains("damage", Assert.Single(end.Warnings), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("13.1")]
    [InlineData("15.1")]
    public async Task A_list_of_archives_that_does_not_end_is_cut_off(string version)
    {
        await using var session = await HostileSession.OpenAsync(
            async peer =>
            {
                await peer.AnswerAsync(Columns(2), Row("0/2000028", "1"), Complete("SELECT"), Columns(3));
                var row = Row("16388", new string('x', 1 << 19), "10");
                while (true)
                    await peer.SendAsync(row);
            },
            version);
        var exception = await Assert.ThrowsAsync<OperationException>(
            () => session.Connection.StartBaseBackupAsync(new BaseBackupOptions(), default));
        Assert.Equal(ErrorCodes.ProtocolViolation, exception.Code);
        Assert.Contains("does not stop answering", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Columns_that_are_announced_again_and_again_are_cut_off()
    {
        await using var session = await HostileSession.OpenAsync(async peer =>
        {
            var columns = Enumerable.Repeat(Columns(200), 1000).ToArray();
            await peer.AnswerAsync(columns);
            while (true)
                await peer.SendAsync(columns);
        });
        var exception = await Assert.ThrowsAsync<OperationException>(
            () => session.Connection.StartBaseBackupAsync(new BaseBackupOptions(), default));
        Assert.Contains("does not stop answering", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("13.1")]
    [InlineData("15.1")]
    public async Task An_end_before_all_archives_were_sent_is_no_backup(string version)
    {
        // Pages are said to be damaged: the one error after which the rest would count.
        await using var session = await HostileSession.OpenAsync(
            peer => peer.AnswerAsync(
                Columns(2), Row("0/2000028", "1"), Complete("SELECT"),
                Columns(3), Row("16388", "/srv/space", "10"), Row(null, null, "10"), Complete("SELECT"),
                Message('H', [0, 0, 0]), Message('c'), Error("XX001", "checksum verification failure"),
                Columns(2), Row("0/3000000", "1"), Complete("SELECT"), Ready),
            version);
        await using var backup = await session.Connection.StartBaseBackupAsync(
            new BaseBackupOptions { ManifestChecksums = null }, default);
        var exception = await Assert.ThrowsAsync<OperationException>(async () =>
        {
            while ((await backup.ReadAsync(default)).Kind != BaseBackupMessageKind.End)
            {
            }
        });
        Assert.Equal(ErrorCodes.ProtocolViolation, exception.Code);
        Assert.Contains("of 2 archives", exception.Message, StringComparison.Ordinal);
    }
}
