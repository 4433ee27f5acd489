namespace Howdah.Core.Wal;

/// <summary>The bytes from <see cref="Start"/> (included) to <see cref="End"/> (excluded).</summary>
public readonly record struct LsnRange(Lsn Start, Lsn End)
{
    /// <summary>True where the range holds no byte.</summary>
    public bool IsEmpty => End <= Start;

    /// <summary>Length in bytes.</summary>
    public ulong Length => End.BytesSince(Start);

    public bool Contains(Lsn lsn) => Start <= lsn && lsn < End;

    public bool Contains(LsnRange other) => other.IsEmpty || (Start <= other.Start && other.End <= End);

    public override string ToString() => $"{Start}..{End}";
}
