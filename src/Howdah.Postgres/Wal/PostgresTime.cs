namespace Howdah.Postgres.Wal;

/// <summary>PostgreSQL's timestamps: microseconds since 2000-01-01 00:00 UTC (src/include/datatype/timestamp.h).</summary>
public static class PostgresTime
{
    private static readonly DateTimeOffset Epoch = new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly long HighestMicroseconds = (DateTimeOffset.MaxValue - Epoch).Ticks / TimeSpan.TicksPerMicrosecond;
    private static readonly long LowestMicroseconds = (DateTimeOffset.MinValue - Epoch).Ticks / TimeSpan.TicksPerMicrosecond;

    /// <summary>Null where the number lies outside the years 1 to 9999.</summary>
    public static DateTimeOffset? FromMicroseconds(long microseconds) =>
        microseconds >= LowestMicroseconds && microseconds <= HighestMicroseconds
            ? Epoch.AddTicks(microseconds * TimeSpan.TicksPerMicrosecond) : null;

    /// <summary>Cuts what is finer than a microsecond.</summary>
    public static long ToMicroseconds(DateTimeOffset time) => (time - Epoch).Ticks / TimeSpan.TicksPerMicrosecond;
}
