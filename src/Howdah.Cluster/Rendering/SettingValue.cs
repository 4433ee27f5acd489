using System.Globalization;
using Howdah.Core.Units;

namespace Howdah.Cluster.Rendering;

/// <summary>Values as postgresql.conf and libpq's connection strings write them.</summary>
internal static class SettingValue
{
    /// <summary>A line of postgresql.conf or recovery.conf. Plain words and numbers stay bare, all else is quoted (guc-file.l).</summary>
    public static string Line(string name, string value) => $"{name} = {Quote(value)}";

    /// <summary>Whole megabytes, rounded down: the unit that max_slot_wal_keep_size and its like count in.</summary>
    public static string Megabytes(ByteSize size) => (size.Bytes >> 20).ToString(CultureInfo.InvariantCulture) + "MB";

    /// <summary>A keyword and value of a libpq connection string (manual 34.1.1.1).</summary>
    public static string Keyword(string keyword, string value) =>
        value.Length > 0 && !value.AsSpan().ContainsAny(" '\\")
            ? $"{keyword}={value}"
            : $"{keyword}='{value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal)}'";

    private static string Quote(string value) =>
        value.Length > 0
        && value.All(c => char.IsAsciiLetterOrDigit(c) || c == '_')
        && !(char.IsAsciiDigit(value[0]) && value.Any(char.IsAsciiLetter))
            ? value
            : $"'{value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "''", StringComparison.Ordinal)}'";
}
