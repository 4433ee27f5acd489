using System.Globalization;
using Howdah.Core.Units;

namespace Howdah.Cli.Rendering;

/// <summary>Times and amounts as people read them.</summary>
internal static class Amounts
{
    private const string Minutes = "yyyy-MM-dd HH:mm";
    private const string Seconds = "yyyy-MM-dd HH:mm:ss";

    public static string Bytes(long bytes) => bytes == 0 ? "0 bytes" : new ByteSize(bytes).ToString();

    /// <summary><c>1.2 s</c>, <c>43 s</c>, <c>5 min 10 s</c>, <c>3 h 10 min</c>, <c>4 d</c>.</summary>
    public static string Span(TimeSpan span) =>
        span switch
        {
            { TotalSeconds: < 0 } => "0 s",
            { TotalSeconds: < 10 } => string.Create(CultureInfo.InvariantCulture, $"{span.TotalSeconds:0.0} s"),
            { TotalSeconds: < 60 } => string.Create(CultureInfo.InvariantCulture, $"{(int)span.TotalSeconds} s"),
            { TotalMinutes: < 60 } => string.Create(CultureInfo.InvariantCulture, $"{(int)span.TotalMinutes} min {span.Seconds} s"),
            { TotalHours: < 48 } => string.Create(CultureInfo.InvariantCulture, $"{(int)span.TotalHours} h {span.Minutes} min"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{(int)span.TotalDays} d"),
        };

    /// <summary>Local time of this machine, to the minute.</summary>
    public static string Moment(DateTimeOffset moment) => moment.ToLocalTime().ToString(Minutes, CultureInfo.InvariantCulture);

    /// <summary>As <see cref="ExactMoment"/>, but never before the moment: for the beginning of what is promised.</summary>
    public static string NextSecond(DateTimeOffset moment) => ExactMoment(moment.AddTicks(TimeSpan.TicksPerSecond - 1));

    public static string ExactMoment(DateTimeOffset moment) => moment.ToLocalTime().ToString(Seconds, CultureInfo.InvariantCulture);
}
