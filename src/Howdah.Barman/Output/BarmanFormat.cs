using System.Globalization;
using Howdah.Core.Wal;

namespace Howdah.Barman.Output;

/// <summary>Writes sizes, durations and times as Barman 3.17 does.</summary>
internal static class BarmanFormat
{
    private static readonly string[] Units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

    /// <summary>A size or a difference of sizes: no decimal for bytes, one for every larger unit: <c>0 B</c>, <c>-195.6 KiB</c>.</summary>
    public static string Size(double bytes)
    {
        var unit = 0;
        while (Math.Abs(bytes) >= 1024 && unit < Units.Length - 1)
        {
            bytes /= 1024;
            unit++;
        }

        return $"{bytes.ToString(unit == 0 ? "0" : "0.0", CultureInfo.InvariantCulture)} {Units[unit]}";
    }

    /// <summary>A duration in days, hours, minutes and whole seconds without the zero ones: <c>1 day, 2 minutes</c>.</summary>
    public static string Duration(TimeSpan duration)
    {
        var length = duration.Duration();
        if (length < TimeSpan.FromSeconds(1))
            return "less than one second" + (duration < TimeSpan.Zero ? " ago" : "");
        var parts = new List<string>(4);
        AddPart(parts, length.Days, "day");
        AddPart(parts, length.Hours, "hour");
        AddPart(parts, length.Minutes, "minute");
        AddPart(parts, length.Seconds, "second");
        return string.Join(", ", parts) + (duration < TimeSpan.Zero ? " ago" : "");
    }

    /// <summary>The time of C's <c>ctime</c>: <c>Mon Nov 23 00:24:20 2026</c>; the day is padded with a blank.</summary>
    public static string CTime(DateTimeOffset time) =>
        string.Create(CultureInfo.InvariantCulture, $"{time:ddd MMM} {time.Day,2} {time:HH:mm:ss yyyy}");

    /// <summary>Microseconds and the distance from UTC: <c>2026-11-23 00:27:21.290582+00:00</c>; no fraction where it is zero.</summary>
    public static string Timestamp(DateTimeOffset time) => LocalTimestamp(time) + time.ToString("zzz", CultureInfo.InvariantCulture);

    /// <summary>As <see cref="Timestamp"/> without the distance from UTC.</summary>
    public static string LocalTimestamp(DateTimeOffset time)
    {
        var hasFraction = time.Ticks / TimeSpan.TicksPerMicrosecond % 1_000_000 != 0;
        return time.ToString(hasFraction ? "yyyy-MM-dd HH:mm:ss.ffffff" : "yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
    }

    /// <summary>Seconds since 1970 as text, the fraction cut off.</summary>
    public static string UnixSeconds(DateTimeOffset time) => time.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);

    /// <summary>A position with its segment and the offset in it: <c>0/62A76E0 (000000010000000000000006, 002A76E0)</c>.</summary>
    public static string Position(Lsn lsn, WalSegment segment) =>
        $"{lsn} ({segment.Name}, {segment.Size.Offset(lsn):X8})";

    /// <summary>A label as a JSON key: lower case; blanks and dashes become underscores.</summary>
    public static string Key(string label) => label.ToLowerInvariant().Replace(' ', '_').Replace('-', '_');

    /// <summary>A truth value as Barman prints it.</summary>
    public static string Truth(bool value) => value ? "True" : "False";

    private static void AddPart(List<string> parts, int count, string unit)
    {
        if (count != 0)
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"{count} {unit}{(count == 1 ? "" : "s")}"));
    }
}
