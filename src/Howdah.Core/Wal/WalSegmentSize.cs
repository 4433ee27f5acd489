using System.Numerics;

namespace Howdah.Core.Wal;

/// <summary>The size of a WAL segment file: a power of two from 1 MiB to 1 GiB, fixed by initdb (<c>--wal-segsize</c>).</summary>
public readonly record struct WalSegmentSize
{
    /// <summary>initdb's default, 16 MiB.</summary>
    public static readonly WalSegmentSize Default = new(16 << 20);

    private const int Smallest = 1 << 20;
    private const int Largest = 1 << 30;

    /// <exception cref="ArgumentOutOfRangeException">Not a power of two from 1 MiB to 1 GiB.</exception>
    public WalSegmentSize(int bytes)
    {
        if (!IsValid(bytes))
            throw new ArgumentOutOfRangeException(nameof(bytes), bytes, "a WAL segment is a power of two from 1 MiB to 1 GiB");
        Bytes = bytes;
    }

    /// <summary>Bytes in one segment file.</summary>
    public int Bytes { get; }

    /// <summary>Segments per 4 GiB of LSN space: the base of the last eight digits of a segment name.</summary>
    public ulong SegmentsPerXLogId => 0x1_0000_0000UL / (ulong)Bytes;

    public static bool IsValid(long bytes) => bytes is >= Smallest and <= Largest && BitOperations.IsPow2(bytes);

    /// <summary>Number of the segment that contains the byte at <paramref name="lsn"/>.</summary>
    public ulong SegmentNumber(Lsn lsn) => lsn.Value / (ulong)Bytes;

    /// <summary>Distance of <paramref name="lsn"/> from the start of its segment, in bytes.</summary>
    public int Offset(Lsn lsn) => (int)(lsn.Value % (ulong)Bytes);

    /// <summary>First byte of the segment that contains <paramref name="lsn"/>.</summary>
    public Lsn SegmentStart(Lsn lsn) => new(lsn.Value - (ulong)Offset(lsn));

    public override string ToString() => $"{Bytes >> 20}MB";
}
