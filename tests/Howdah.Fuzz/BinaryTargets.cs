using System.Text;
using Howdah.Core.Wal;
using Howdah.Operations.Backup.Tar;
using Howdah.Postgres.DataDirectory;
using Howdah.Postgres.Tests.Wal;
using Howdah.Postgres.Wal;
using Howdah.Postgres.Wire;

namespace Howdah.Fuzz;

/// <summary>What PostgreSQL writes as bytes, and what a server sends.</summary>
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
        new("control-file", [new byte[8192]], bytes => ControlFile.Parse(bytes)),
        new("backup-label", [Encoding.UTF8.GetBytes(Label)], bytes => BackupLabel.Parse(bytes)),
        new("tablespace-map", ["16388 /srv/a b\\\nc\n16389 /srv/d\n"u8.ToArray()], bytes => TablespaceMap.Parse(bytes)),
        new("manifest", [Encoding.UTF8.GetBytes(Manifest)], ReadManifest),
        new("tar", [Tar("base/1/2", 700), Tar("pg_wal/", 0)], ReadTar),
        new("server-error", ["SERROR\0C58P01\0Mrequested WAL segment\0Hhint\0\0"u8.ToArray()],
            bytes => ServerError.Parse(new ServerMessage((byte)'E', bytes))),
        new("data-row", ["\0\x2\0\0\0\x3abc\xFF\xFF\xFF\xFF"u8.ToArray()],
            bytes => SimpleQuery.ReadRow(new ServerMessage((byte)'D', bytes), 2)),
        new("row-description", ["\0\x1name\0\0\0\0\0\0\0\0\0\0\x19\xFF\xFF\xFF\xFF\xFF\xFF\0\0"u8.ToArray()],
            bytes => SimpleQuery.ReadColumns(new ServerMessage((byte)'T', bytes))),
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
