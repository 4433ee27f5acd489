using System.Text;
using Howdah.Core.Wal;
using Howdah.Operations.Backup.Tar;
using Howdah.Postgres.DataDirectory;
using Howdah.Postgres.Tests.Wal;
using Howdah.Postgres.Wal;

namespace Howdah.Fuzz;

/// <summary>What PostgreSQL writes as bytes.</summary>
internal static class BinaryTargets
{
    private const string Manifest = """
        { "PostgreSQL-Backup-Manifest-Version": 2,
        "System-Identifier": 7711154917341824085,
        "Files": [
        { "Path": "base/1/1249", "Size": 8192, "Last-Modified": "2026-11-23 09:14:00 GMT", "Checksum-Algorithm": "CRC32C",
          "Checksum": "a1b2c3d4" },
        { "Encoded-Path": "ff00", "Size": 0, "Last-Modified": "2026-11-23 09:14:00 GMT" } ],
        "WAL-Ranges": [ { "Timeline": 1, "Start-LSN": "0/3000028", "End-LSN": "0/3000100" } ],
        "Manifest-Checksum": "00"}
        """;

    private const string Label = """
        START WAL LOCATION: 0/3000028 (file 000000010000000000000003)
        CHECKPOINT LOCATION: 0/3000060
        BACKUP METHOD: streamed
        BACKUP FROM: primary
        START TIME: 2026-11-23 09:14:00 UTC
        LABEL: howdah
        START TIMELINE: 1

        """;

    public static IEnumerable<FuzzTarget> All =>
    [
        new("wal", [Wal(), Wal()[..16384]], bytes => Verify(bytes)),
        new("wal-event", [Body(0x10, 12), Body(0x70, 20), Body(0x90, 16), Body(0, 40)], DecodeEvents),
        new("control-file", [new byte[8192]], bytes => ControlFile.Parse(bytes)),
        new("backup-label", [Encoding.UTF8.GetBytes(Label)], bytes => BackupLabel.Parse(bytes)),
        new("tablespace-map", ["16388 /srv/a b\\\nc\n16389 /srv/d\n"u8.ToArray()], bytes => TablespaceMap.Parse(bytes)),
        new("manifest", [Encoding.UTF8.GetBytes(Manifest)], ReadManifest),
        new("tar", [Tar("base/1/2", 700), Tar("pg_wal/", 0)], ReadTar),
    ];

    private static byte[] Wal()
    {
        var builder = new WalBuilder();
        for (var record = 0; record < 40; record++) builder.Add(10, 0, new byte[record * 97]);
        return builder.ToSegments()[..65536];
    }

    private static void Verify(byte[] bytes)
    {
        const int PageBytes = 8192;
        var whole = bytes.Length / PageBytes * PageBytes;
        var verifier = new WalChainVerifier(WalExpectations.None) { RecordRead = static (in _) => { } };
        if (whole > 0 && whole <= WalBuilder.Size.Bytes) verifier.Add(new WalBuilder().First, 0, bytes.AsSpan(0, whole));
        if (bytes.Length >= WalPageHeader.LongHeaderBytes) _ = WalLongHeader.Read(bytes);
        if (verifier.End > new Lsn(ulong.MaxValue / 2)) throw new InvalidDataException($"WAL ends at {verifier.End}");
    }

    /// <summary>Info byte, and the body of a record whose main data has that many bytes.</summary>
    private static byte[] Body(byte info, byte count) => [info, 255, count, .. Enumerable.Range(1, count).Select(value => (byte)value)];

    private static void DecodeEvents(byte[] bytes)
    {
        if (bytes.Length == 0)
            return;
        // Whatever the body holds, it may be of each resource manager that is looked into.
        foreach (byte manager in (byte[])[0, 1, 5])
        {
            var header = new WalRecordHeader((uint)bytes.Length + 23, 1, Lsn.None, bytes[0], manager, 0);
            _ = WalEvent.Decode(new WalRecord(new Lsn(0x1000028), new Lsn(0x1000100), header, bytes.AsSpan(1)))?.ToString();
        }
    }

    private static void ReadManifest(byte[] bytes)
    {
        using var reader = new BackupManifestReader(new MemoryStream(bytes));
        while (reader.TryReadFile(out _))
        {
        }
    }

    private static byte[] Tar(string name, int size)
    {
        var header = new byte[TarHeader.Bytes + ((size + 511) / 512 * 512)];
        Encoding.ASCII.GetBytes(name).CopyTo(header, 0);
        var octal = Convert.ToString(size, 8).PadLeft(11, '0');
        Encoding.ASCII.GetBytes($"0000600\00000000\00000000\0{octal}\000000000000\0").CopyTo(header, 100);
        "        "u8.CopyTo(header.AsSpan(148));
        header[156] = (byte)(name.EndsWith('/') ? '5' : '0');
        "ustar\000"u8.CopyTo(header.AsSpan(257));
        var sum = header.AsSpan(0, TarHeader.Bytes).ToArray().Sum(static value => (int)value);
        Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ").CopyTo(header, 148);
        return header;
    }

    private static void ReadTar(byte[] bytes)
    {
        var decoder = new TarDecoder("base.tar");
        ReadOnlyMemory<byte> rest = bytes;
        while (decoder.TryRead(ref rest, out _))
        {
        }

        decoder.Complete();
    }
}
