using System.Globalization;

namespace Howdah.Postgres.Versions;

/// <summary>A PostgreSQL version as the server reports it in <c>server_version_num</c>, for example 150018 for 15.18.</summary>
public readonly record struct PostgresVersion(int Number) : IComparable<PostgresVersion>, IComparable
{
    /// <summary>The oldest major version that Howdah supports.</summary>
    public const int OldestMajor = 11;

    /// <summary>The newest major version that Howdah knows.</summary>
    public const int NewestMajor = 18;

    public int Major => Number / 10000;

    public int Minor => Number % 10000;

    public bool IsSupported => Major is >= OldestMajor and <= NewestMajor;

    /// <summary>What this major version can do.</summary>
    public VersionFacts Facts => VersionFacts.Of(Major);

    public static bool operator <(PostgresVersion left, PostgresVersion right) => left.Number < right.Number;

    public static bool operator >(PostgresVersion left, PostgresVersion right) => left.Number > right.Number;

    public static bool operator <=(PostgresVersion left, PostgresVersion right) => left.Number <= right.Number;

    public static bool operator >=(PostgresVersion left, PostgresVersion right) => left.Number >= right.Number;

    /// <summary>The first release of a major version, for use where only the major version is known.</summary>
    public static PostgresVersion OfMajor(int major) => new(major * 10000);

    public int CompareTo(PostgresVersion other) => Number.CompareTo(other.Number);

    public int CompareTo(object? obj) => obj is PostgresVersion other ? CompareTo(other) : 1;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Major}.{Minor}");
}
