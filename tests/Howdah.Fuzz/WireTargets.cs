using System.Buffers.Binary;
using System.Text;
using Howdah.Core.Units;
using Howdah.Postgres.ConnectionStrings;
using Howdah.Postgres.Replication;
using Howdah.Postgres.Wire;

namespace Howdah.Fuzz;

/// <summary>What a server, or somebody in its place, says on a replication connection.</summary>
internal static class WireTargets
{
    private const string Nonce = "rOprNGfwEbeRWgbNEkqO";

    private static readonly TablespaceInfo[] Announced = [new(16388, "/srv/space", 1024), new(null, null, 4096)];

    public static IEnumerable<FuzzTarget> All =>
    [
        new("server-error", ["SERROR\0C58P01\0Mrequested WAL segment\0Hhint\0\0"u8.ToArray()],
            bytes => ServerError.Parse(new ServerMessage(MessageType.ErrorResponse, bytes))),
        new("data-row", ["\0\x2\0\0\0\x3abc\xFF\xFF\xFF\xFF"u8.ToArray()],
            bytes => SimpleQuery.ReadRow(new ServerMessage(MessageType.DataRow, bytes), 2)),
        new("row-description", ["\0\x1name\0\0\0\0\0\0\0\0\0\0\x19\xFF\xFF\xFF\xFF\xFF\xFF\0\0"u8.ToArray()],
            bytes => SimpleQuery.ReadColumns(new ServerMessage(MessageType.RowDescription, bytes))),
        new("authentication", [Int32(0), Int32(3), [.. Int32(5), 1, 2, 3, 4], [.. Int32(10), .. "SCRAM-SHA-256\0\0"u8]], Authenticate)
            { HasNamedParts = true },
        new("scram-first", [Utf8($"r={Nonce}x,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096")], bytes => Scram().ClientFinal(Text(bytes))),
        new("scram-final", [Utf8("v=3HO6Qt1M4MKJrmlKaoOqLAI0/0TV0HZe7J9H3MBtSOg="), Utf8("e=invalid-proof")], VerifyFinal)
            { HasNamedParts = true },
        new("copy-both", [XLogData(0x3000028, 100), KeepAlive()],
            bytes => WalStream.ParseCopyData(new ServerMessage(MessageType.CopyData, bytes))),
        new("timeline-switch", [Row("2", "0/3000028")],
            bytes => WalStream.ReadSwitch(SimpleQuery.ReadRow(new ServerMessage(MessageType.DataRow, bytes), 2))),
        new("backup-head", [Frames(Row("0/2000028", "1"), Row("16388", "/srv/space", "10"), Row(null, null, "4096"))], ReadHead),
        new("backup-copies", [Frames(Copy("n16388.tar\0/srv/space\0"), Copy("dabc"), Copy("nbase.tar\0\0"), Copy("ddef"), Progress(),
            Copy("m"), Copy("d{}"))], ReadCopies),
    ];

    private static ScramExchange Scram() => new(new Secret("pencil"), null, couldBind: false, Nonce);

    private static void VerifyFinal(byte[] bytes)
    {
        var exchange = Scram();
        exchange.ClientFinal($"r={Nonce}x,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=1");
        exchange.VerifyServerFinal(Text(bytes));
    }

    private static void Authenticate(byte[] bytes)
    {
        var settings = ConnectionSettings.ForServer("127.0.0.1") with { User = "u", Password = new Secret("p") };
        var key = new PassFileKey("127.0.0.1", 5432, "replication", "u");
        var writer = new WireWriter(Stream.Null);
        var message = new ServerMessage(MessageType.Authentication, bytes);
        var authenticator = new Authenticator(settings, key, endPointHash: null, isEncrypted: false);
        var isOver = authenticator.Handle(message, writer);
        // And once more, in the middle of an exchange.
        if (!isOver)
            authenticator.Handle(message, writer);
    }

    private static void ReadHead(byte[] bytes)
    {
        var rows = Split(bytes).Select(frame => SimpleQuery.ReadRow(new ServerMessage(MessageType.DataRow, frame), frame.Length > 1
            ? Math.Clamp((int)frame[1], 0, 3) : 0)).ToList();
        _ = BackupHead.Parse([.. rows.Take(1)], [.. rows.Skip(1)]);
    }

    private static void ReadCopies(byte[] bytes)
    {
        var typed = new ArchiveSequence(Announced, expectsManifest: true);
        var hasArchive = false;
        foreach (var frame in Split(bytes))
        {
            var message = typed.ReadTyped(new ServerMessage(MessageType.CopyData, frame));
            hasArchive |= message.Kind == BaseBackupMessageKind.ArchiveStart;
            if (message.Kind == BaseBackupMessageKind.ArchiveData && !hasArchive)
                throw new InvalidDataException("data of no archive");
        }

        typed.Complete();
    }

    private static byte[] XLogData(ulong start, int count) =>
        [(byte)'w', .. Int64(start), .. Int64(start + 8192), .. Int64(800000000000000), .. new byte[count]];

    private static byte[] KeepAlive() => [(byte)'k', .. Int64(0x3000028), .. Int64(800000000000000), 1];

    private static byte[] Progress() => [(byte)'p', .. Int64(4096)];

    private static byte[] Copy(string text) => Utf8(text);

    private static byte[] Row(params string?[] values) =>
    [
        0, (byte)values.Length,
        .. values.SelectMany(value => value is null ? Int32(-1) : [.. Int32(Encoding.UTF8.GetByteCount(value)), .. Utf8(value)]),
    ];

    /// <summary>Several messages as one input: each with its length before it.</summary>
    private static byte[] Frames(params byte[][] frames) =>
        [.. frames.SelectMany(frame => (byte[])[(byte)(frame.Length >> 8), (byte)frame.Length, .. frame])];

    private static IEnumerable<byte[]> Split(byte[] bytes)
    {
        for (var at = 0; at + 2 <= bytes.Length;)
        {
            var length = Math.Min(BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(at)), bytes.Length - at - 2);
            yield return bytes[(at + 2)..(at + 2 + length)];
            at += 2 + length;
        }
    }

    private static byte[] Int32(int value)
    {
        var bytes = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }

    private static byte[] Int64(ulong value)
    {
        var bytes = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
        return bytes;
    }

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    private static string Text(byte[] bytes) => Encoding.UTF8.GetString(bytes);
}
