using System.Text;
using CsCheck;
using Howdah.Core.Errors;
using Howdah.Postgres.Replication;
using Howdah.Postgres.Wire;

namespace Howdah.Postgres.Tests.Replication;

public sealed class ArchiveSequenceTests
{
    private static readonly TablespaceInfo[] Announced = [new(16388, "/srv/space", 1024), new(null, null, 4096)];

    private static readonly string[] Pieces = ["nbase.tar\0\0", "n16388.tar\0\0", "m", "d", "dxyz", "p12345678", "p1", "n", ""];

    [Fact]
    public void Archives_in_any_order_and_then_the_manifest_are_a_whole_backup()
    {
        var typed = new ArchiveSequence(Announced, expectsManifest: true);
        BaseBackupMessageKind[] kinds =
            [.. new[] { "nbase.tar\0\0", "dabc", "n16388.tar\0/srv\0", "m", "d{}" }.Select(text => Read(typed, text).Kind)];
        Assert.Equal(
            [
                BaseBackupMessageKind.ArchiveStart, BaseBackupMessageKind.ArchiveData, BaseBackupMessageKind.ArchiveStart,
                BaseBackupMessageKind.ManifestStart, BaseBackupMessageKind.ManifestData,
            ],
            kinds);
        typed.Complete();
    }

    [Theory]
    [InlineData("dabc", "kind 'd' after 0 of 2 archives")]
    [InlineData("m", "kind 'm' after 0 of 2 archives")]
    [InlineData("nbase.tar\0\0|nbase.tar\0\0", "for the second time at offset 10")]
    [InlineData("nbase.tar\0\0|n16388.tar\0\0|m|m", "kind 'm' after 2 of 2 archives and the manifest")]
    [InlineData("nbase.tar\0\0|n16388.tar\0\0|m|n16388.tar\0\0", "kind 'n' after 2 of 2 archives and the manifest")]
    [InlineData("nbase.tar", "text without its zero byte at offset 1")]
    [InlineData("n16389.tar\0\0", "did not announce")]
    [InlineData("n\0", "did not announce")]
    [InlineData("p123", "8 bytes expected, 3 left at offset 1")]
    [InlineData("x", "kind 'x'")]
    [InlineData("", "1 bytes expected, 0 left at offset 0")]
    public void What_is_out_of_place_or_cut_off_is_refused_by_its_offset(string messages, string expected)
    {
        var typed = new ArchiveSequence(Announced, expectsManifest: true);
        var exception = Assert.Throws<OperationException>(() =>
        {
            foreach (var text in messages.Split('|'))
                Read(typed, text);
        });
        Assert.Equal(ErrorCodes.ProtocolViolation, exception.Code);
        Assert.Contains(expected, exception.Message, StringComparison.Ordinal);
        Assert.Contains("at offset", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("nbase.tar\0\0", false)]
    [InlineData("nbase.tar\0\0|n16388.tar\0\0", true)]
    public void An_end_before_everything_was_sent_is_refused(string messages, bool expectsManifest)
    {
        var typed = new ArchiveSequence(Announced, expectsManifest);
        foreach (var text in messages.Split('|', StringSplitOptions.RemoveEmptyEntries))
            Read(typed, text);
        var exception = Assert.Throws<OperationException>(typed.Complete);
        Assert.Equal(ErrorCodes.ProtocolViolation, exception.Code);
    }

    [Fact]
    public void A_manifest_that_nobody_asked_for_is_refused()
    {
        var typed = new ArchiveSequence(Announced[1..], expectsManifest: false);
        Read(typed, "nbase.tar\0\0");
        Assert.Throws<OperationException>(() => Read(typed, "m"));
    }

    [Fact]
    public void Any_messages_are_read_or_refused() =>
        Gen.OneOf(
            Gen.Int[0, Pieces.Length - 1].Select(index => Encoding.UTF8.GetBytes(Pieces[index])),
            Gen.Byte.Array[0, 20]).Array[0, 10].Sample(messages =>
        {
            var typed = new ArchiveSequence(Announced, expectsManifest: true);
            var archives = 0;
            try
            {
                foreach (var bytes in messages)
                {
                    var kind = typed.ReadTyped(new ServerMessage(MessageType.CopyData, bytes)).Kind;
                    archives += kind == BaseBackupMessageKind.ArchiveStart ? 1 : 0;
                    Assert.True(kind is BaseBackupMessageKind.Progress || archives > 0);
                }

                typed.Complete();
                Assert.Equal(Announced.Length, archives);
            }
            catch (OperationException exception)
            {
                Assert.Equal(ErrorCodes.ProtocolViolation, exception.Code);
            }
        });

    [Theory]
    [InlineData("", "0 start positions")]
    [InlineData("0/1,1;", "none of 0 archives")]
    [InlineData("0/1,1;7,/a,1", "none of 1 archives")]
    [InlineData("0/1,1;,,1;,,1", "archive 2 is announced for the second time")]
    [InlineData("0/1,1;7,/a,1;7,/b,1;,,1", "archive 2 is announced for the second time")]
    [InlineData("0/1,1;0,/a,1;,,1", "archive 1) is malformed: column 1: 0 is no OID")]
    [InlineData("0/1,1;4294967296,/a,1;,,1", "column 1: 4294967296 is no OID")]
    [InlineData("0/1,1;,,many", "archive 1) is malformed: column 3: \"many\" is no number")]
    [InlineData("x,1;,,1", "column 1: \"x\" is no LSN")]
    [InlineData("0/1;,,1", "column 2: NULL or missing")]
    public void A_malformed_list_of_archives_is_refused_by_row_and_column(string rows, string expected)
    {
        byte[]?[][] read = [.. rows.Split(';', StringSplitOptions.RemoveEmptyEntries).Select(RowOf)];
        var exception = Assert.Throws<OperationException>(() => BackupHead.Parse([.. read.Take(1)], [.. read.Skip(1)]));
        Assert.Equal(ErrorCodes.ProtocolViolation, exception.Code);
        Assert.Contains(expected, exception.Message, StringComparison.Ordinal);
    }

    private static byte[]?[] RowOf(string values) =>
        [.. values.Split(',').Select(value => value.Length == 0 ? null : Encoding.UTF8.GetBytes(value))];

    private static BaseBackupMessage Read(ArchiveSequence typed, string text) =>
        typed.ReadTyped(new ServerMessage(MessageType.CopyData, Encoding.UTF8.GetBytes(text)));
}
