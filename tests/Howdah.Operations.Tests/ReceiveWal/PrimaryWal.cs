using System.Security.Cryptography;
using Howdah.Core.Wal;
using Howdah.Postgres.Tests.Wal;
using Howdah.Postgres.Wal;

namespace Howdah.Operations.Tests.ReceiveWal;

/// <summary>The WAL that a primary of these tests has: one whole segment of 1 MiB and the beginning of the next.</summary>
internal static class PrimaryWal
{
    private const int MessageBytes = 100_000;

    public static readonly WalSegment First = new WalBuilder().First;
    private static readonly byte[] Content = Build();

    public static Lsn Start => First.Start;

    /// <summary>Within the second segment, at the end of a page.</summary>
    public static Lsn End => First.End + (5 * WalPageHeader.PageBytes);

    public static byte[] Read(Lsn start, Lsn end) => Content[(int)(start - Start)..(int)(end - Start)];

    /// <summary>The whole WAL, with one byte of it changed.</summary>
    public static byte[] Damaged(int at)
    {
        var bytes = Read(Start, End);
        bytes[at] ^= 0xFF;
        return bytes;
    }

    /// <summary>What a primary sends at a time.</summary>
    public static IEnumerable<(Lsn Start, byte[] Bytes)> InMessages(Lsn start, byte[] bytes) =>
        bytes.Chunk(MessageBytes).Select((chunk, index) => (start + (ulong)(index * MessageBytes), chunk));

    private static byte[] Build()
    {
        var builder = new WalBuilder();
        while (builder.Position < End)
            builder.Add(10, 0, RandomNumberGenerator.GetBytes(3000));
        return builder.ToSegments();
    }
}
