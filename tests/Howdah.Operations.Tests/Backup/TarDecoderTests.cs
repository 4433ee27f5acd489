using CsCheck;
using Howdah.Core.Errors;
using Howdah.Operations.Backup.Tar;

namespace Howdah.Operations.Tests.Backup;

public sealed class TarDecoderTests
{
    private static readonly Gen<(string Name, byte[] Content)[]> Members =
        Gen.Select(Gen.String[Gen.Char['a', 'z'], 1, 20], Gen.Byte.Array[0, 3000]).Array[0, 6];

    [Fact]
    public void Members_come_out_as_they_went_in_however_the_bytes_are_cut() =>
        Gen.Select(Members, Gen.Int[1, 2000], Gen.Bool).Sample((members, step, terminated) =>
        {
            byte[] archive =
                [.. members.SelectMany(member => TarArchive.File(member.Name, member.Content)), .. terminated ? new byte[1024] : []];
            var read = Decode(archive, step);
            Assert.Equal(members.Select(member => member.Name), read.Select(member => member.Name));
            Assert.Equal(
                members.Select(member => Convert.ToHexString(member.Content)), read.Select(member => Convert.ToHexString(member.Content)));
        }, iter: 200);

    [Fact]
    public void Directories_lose_their_slash_and_a_leading_dot()
    {
        var member = Read(TarArchive.Header("./pg_wal/archive_status/", '5', 0));
        Assert.Equal(TarMemberKind.Directory, member.Kind);
        Assert.Equal("pg_wal/archive_status", member.Path);
        var link = Read(TarArchive.Header("pg_tblspc/16388/", '2', 0, link: "/srv/space"));
        Assert.Equal((TarMemberKind.SymbolicLink, "pg_tblspc/16388", "/srv/space"), (link.Kind, link.Path, link.LinkTarget));
    }

    [Theory]
    [InlineData((1L << 33) - 1)]
    [InlineData(1L << 33)]
    [InlineData(1L << 40)]
    [InlineData(long.MaxValue)]
    public void Sizes_beyond_octal_digits_are_read(long size) => Assert.Equal(size, Read(TarArchive.Header("base/1/2", '0', size)).Size);

    [Theory]
    [InlineData("/etc/passwd", "")]
    [InlineData("../postgresql.conf", "")]
    [InlineData("base/../../x", "")]
    [InlineData("base//x", "")]
    [InlineData("base/./x", "")]
    [InlineData("././x", "")]
    [InlineData("..", "")]
    [InlineData(".", "")]
    [InlineData("./", "")]
    [InlineData("/", "")]
    [InlineData("", "")]
    [InlineData("x", "/etc")]
    [InlineData("x", "..")]
    public void Hostile_paths_are_refused(string name, string prefix) =>
        AssertRefused(TarArchive.Header(name, '0', 0, prefix: prefix), "leads outside");

    [Fact]
    public void Short_fields_may_be_base_256_as_well()
    {
        var header = TarArchive.Header("x", '0', 0);
        new byte[] { 0x80, 0, 0, 0, 0, 0, 0x01, 0xED }.CopyTo(header, 100);
        TarArchive.Seal(header);
        Assert.Equal((UnixFileMode)0x1ED, Read(header).Mode);
    }

    [Fact]
    public void Other_things_that_PostgreSQL_never_sends_are_refused()
    {
        AssertRefused(TarArchive.Header("dev", '3', 0), "member type");
        AssertRefused(TarArchive.Header("directory/", '5', 100), "Directory of 100 bytes");
        AssertRefused(Change(header => header[257] = (byte)'x'), "not a ustar header");
        AssertRefused(Change(header => header[125] = (byte)'9'), "not an octal number");
        AssertRefused(Change(header => header[124] = 0xFF), "out of range");
        AssertRefused(Change(header => header[100] = 0xFF), "out of range");
        AssertRefused(Change(header => header[0] = 0xFF), "not UTF-8");
        AssertRefused(Change(header => header[136] = 0x80, header => header[140] = 0x7F), "out of range");
        var unsealed = TarArchive.Header("x", '0', 0);
        unsealed[0] = (byte)'y';
        AssertRefused(unsealed, "checksum");
        AssertRefused([.. new byte[1024], .. TarArchive.Header("late", '0', 0)], "after the end");

        static byte[] Change(params Action<byte[]>[] changes)
        {
            var header = TarArchive.Header("x", '0', 0);
            foreach (var change in changes)
                change(header);
            return TarArchive.Seal(header);
        }
    }

    [Fact]
    public void An_archive_that_ends_within_a_member_is_refused()
    {
        var archive = TarArchive.File("a", new byte[700]);
        for (var length = 1; length < archive.Length; length += 13)
            Assert.Equal(ErrorCodes.ProtocolViolation, Assert.Throws<OperationException>(() => Decode(archive[..length], 100)).Code);
    }

    [Fact]
    public void Random_bytes_are_refused() => Gen.Byte.Array[512, 4000].Sample(
        bytes => Assert.Equal(ErrorCodes.ProtocolViolation, Assert.Throws<OperationException>(() => Decode(bytes, 700)).Code), iter: 100);

    private static void AssertRefused(byte[] archive, string what)
    {
        var e = Assert.Throws<OperationException>(() => Decode(archive, 512));
        Assert.Equal(ErrorCodes.ProtocolViolation, e.Code);
        Assert.Contains(what, e.Message, StringComparison.Ordinal);
        Assert.Contains("byte ", e.Message, StringComparison.Ordinal);
    }

    private static TarMember Read(byte[] header)
    {
        ReadOnlyMemory<byte> bytes = header;
        Assert.True(new TarDecoder("base.tar").TryRead(ref bytes, out var part));
        return part.Member!;
    }

    private static List<(string Name, byte[] Content)> Decode(byte[] archive, int step)
    {
        var decoder = new TarDecoder("base.tar");
        var members = new List<(string Name, byte[] Content)>();
        var content = new List<byte>();
        var name = "";
        for (var at = 0; at < archive.Length; at += step)
        {
            ReadOnlyMemory<byte> bytes = archive.AsMemory(at, Math.Min(step, archive.Length - at));
            while (decoder.TryRead(ref bytes, out var part))
            {
                if (part.Kind == TarPartKind.Member)
                    name = part.Member!.Path;
                else if (part.Kind == TarPartKind.Data)
                    content.AddRange(part.Data.Span);
                else
                    members.Add((name, content.ToArray()));
                if (part.Kind == TarPartKind.EndOfMember)
                    content.Clear();
            }

            Assert.True(bytes.IsEmpty);
        }

        decoder.Complete();
        return members;
    }
}
