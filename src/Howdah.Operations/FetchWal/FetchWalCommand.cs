using System.Globalization;
using System.Text;

namespace Howdah.Operations.FetchWal;

/// <summary>Writes the command line of <c>howdah wal fetch</c> into recovery settings; the executable reads it.</summary>
public static class FetchWalCommand
{
    /// <summary>A value for <c>restore_command</c>: quoted for the shell, with PostgreSQL's <c>%f</c> and <c>%p</c>.</summary>
    /// <param name="program">Absolute path of the executable.</param>
    /// <param name="options">What to fetch from where.</param>
    public static string Render(string program, FetchWalOptions options)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture,
            $"{Quote(program)} wal fetch --repository {Quote(options.Repository)} --system {options.System}");
        if (options.Timeline is { } timeline)
            text.Append(CultureInfo.InvariantCulture, $" --timeline {timeline}");
        if (options.EndsAt is { } end)
            text.Append(CultureInfo.InvariantCulture, $" --ends-at {end}");
        if (options.AsStandby)
            text.Append(" --standby");
        return text.Append(" %f %p").ToString();
    }

    /// <summary>In single quotes for the shell, with <c>%</c> doubled for PostgreSQL.</summary>
    private static string Quote(string text)
    {
        var escaped = text.Replace("%", "%%", StringComparison.Ordinal);
        var plain = escaped.All(static character =>
            char.IsAsciiLetterOrDigit(character) || "/._-+:@%,=".Contains(character, StringComparison.Ordinal));
        return plain && escaped.Length > 0 ? escaped : $"'{escaped.Replace("'", "'\\''", StringComparison.Ordinal)}'";
    }
}
