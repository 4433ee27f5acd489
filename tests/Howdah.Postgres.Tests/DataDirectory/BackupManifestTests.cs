using System.Text;
using CsCheck;
using Howdah.Core.Errors;
using Howdah.Core.Wal;
using Howdah.Postgres.DataDirectory;

namespace Howdah.Postgres.Tests.DataDirectory;

public sealed class BackupManifestTests
{
    private static readonly DateTimeOffset Time = new(2026, 11, 23, 0, 19, 18, TimeSpan.Zero);
    private static readonly SystemIdentifier System = new(7711154917341824085);
    private static readonly ManifestWalRange[] Ranges = [new(new TimelineId(2), new LsnRange(new Lsn(0x2000028), new Lsn(0x2000138)))];

    private static readonly Gen<ManifestFile> Files = Gen.Select(
        Gen.OneOf(Gen.String["abc/\"\\\u0001é\n.0"].Where(p => p.Length > 0).Select(Encoding.UTF8.GetBytes), Gen.Byte.Array[1, 40]),
        Gen.Long[0, long.MaxValue],
        Gen.Enum<ManifestChecksumAlgorithm>(),
        Gen.Byte.Array[64]).Select(
            (path, size, algorithm, bytes) => new ManifestFile(path, size, Time, algorithm, bytes[..BackupManifest.LengthOf(algorithm)]));

    [Fact]
    public void What_is_written_is_read() => Gen.Select(Files.List[0, 20], Gen.Bool).Sample((files, withSystem) =>
    {
        using var reader = new BackupManifestReader(new MemoryStream(Write(files, withSystem ? System : null)));
        var read = ReadAll(reader);
        Assert.Equal(withSystem ? 2 : 1, reader.Version);
        Assert.Equal(withSystem ? System : null, reader.System);
        Assert.Equal(Ranges, reader.WalRanges);
        Assert.Equal(files.Select(Show).ToArray(), read.Select(Show).ToArray());
    }, iter: 200);

    [Fact]
    public void A_crc_is_printed_lowest_byte_first()
    {
        var file = ManifestFile.WithCrc32C("PG_VERSION", 3, Time, Crc32C.Compute("17\n"u8));
        Assert.Equal(0x05024464u, file.Crc32C);
        Assert.Contains("\"Checksum\": \"64440205\"", Encoding.UTF8.GetString(Write([file], null)), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_truncation_is_refused()
    {
        var bytes = Write(
            [ManifestFile.WithCrc32C("base/1/2602", 57344, Time, 1), ManifestFile.WithCrc32C("global/pg_control", 8192, Time, 2)], System);
        for (var length = 0; length < bytes.Length; length++)
            AssertRefused(bytes[..length]);
    }

    [Fact]
    public void Every_changed_byte_is_refused()
    {
        var bytes = Write([ManifestFile.WithCrc32C("base/1/2602", 57344, Time, 1)], System);
        for (var at = 0; at < bytes.Length; at++)
        {
            var changed = (byte[])bytes.Clone();
            changed[at] ^= 1;
            // Hexadecimal digits of the checksum may change case only by another bit; every other change must be seen.
            AssertRefused(changed);
        }
    }

    [Fact]
    public void Bytes_that_are_not_utf_8_are_refused_wherever_they_are()
    {
        var bytes = Write([ManifestFile.WithCrc32C("base/1/2602", 57344, Time, 1)], System);
        for (var at = 0; at < bytes.Length; at++)
        {
            var changed = (byte[])bytes.Clone();
            changed[at] = 0xD5;
            AssertRefused(changed);
        }
    }

    [Fact]
    public void Random_bytes_are_refused() => Gen.Byte.Array[0, 2000].Sample(bytes => { AssertRefused(bytes); }, iter: 200);

    [Theory]
    [InlineData("""{ "PostgreSQL-Backup-Manifest-Version": 3, """, "version 3")]
    [InlineData("""{ "Files": [""", "version must come first")]
    [InlineData("""{ "PostgreSQL-Backup-Manifest-Version": 1, "Extra": 1 """, "unknown")]
    [InlineData("""{ "PostgreSQL-Backup-Manifest-Version": 1, "Files": [ { "Path": "a" } ]""", "no size")]
    [InlineData("""{ "PostgreSQL-Backup-Manifest-Version": 1, "Files": [ { "Path": "a", "Size": -1 } ]""", "Size is malformed")]
    [InlineData("""{ "PostgreSQL-Backup-Manifest-Version": 1, "Files": [ { "Path": "a", "Size": 1, "Checksum": "00" } ]""", "does not fit")]
    [InlineData("""{ "PostgreSQL-Backup-Manifest-Version": 1, "Files": [ { "Size": 1 } ]""", "no path")]
    public void The_error_says_where_and_what(string text, string what)
    {
        var e = AssertRefused(Encoding.UTF8.GetBytes(text));
        Assert.Contains(what, e.Message, StringComparison.Ordinal);
        Assert.Contains("byte ", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_long_manifest_is_read_without_growing()
    {
        const int count = 50_000;
        var bytes = Write(Enumerable.Range(0, count).Select(i => ManifestFile.WithCrc32C($"base/16384/{i}", i, Time, (uint)i)), System);
        using var reader = new BackupManifestReader(new MemoryStream(bytes));
        var read = 0;
        while (reader.TryReadFile(out var file))
        {
            Assert.Equal((uint)read, file.Crc32C);
            read++;
        }

        Assert.Equal(count, read);
    }

    private static byte[] Write(IEnumerable<ManifestFile> files, SystemIdentifier? system)
    {
        using var stream = new MemoryStream();
        using var writer = new BackupManifestWriter(stream, system);
        foreach (var file in files)
            writer.Add(file);
        writer.Complete(Ranges);
        return stream.ToArray();
    }

    private static List<ManifestFile> ReadAll(BackupManifestReader reader)
    {
        var files = new List<ManifestFile>();
        while (reader.TryReadFile(out var file))
            files.Add(file);
        return files;
    }

    private static OperationException AssertRefused(byte[] bytes) => Assert.Throws<OperationException>(() =>
    {
        using var reader = new BackupManifestReader(new MemoryStream(bytes));
        ReadAll(reader);
    });

    private static string Show(ManifestFile file) =>
        $"{Convert.ToHexString(file.PathBytes)} {file.Size} {file.LastModified:O} {file.Algorithm} {Convert.ToHexString(file.Checksum)}";
}
