using System.Text;
using Howdah.Core.Errors;
using Howdah.Core.Wal;

namespace Howdah.Postgres.DataDirectory;

/// <summary>
/// The <c>backup_label</c> of a base backup: where recovery must start. The server reads it line by line in a fixed order,
/// so it is only ever passed on as the bytes that came (<see cref="Content"/>).
/// </summary>
/// <remarks>PostgreSQL 11-18, src/backend/access/transam/xlogrecovery.c, read_backup_label; INCREMENTAL lines since 17.</remarks>
public sealed record BackupLabel
{
    public const string FileName = "backup_label";

    // The server's own limit is a label of 1024 bytes and seven short lines.
    private const int LargestBytes = 16 * 1024;

    /// <summary>The file, verbatim.</summary>
    public required ReadOnlyMemory<byte> Content { get; init; }

    /// <summary>Replay starts here (the redo position of the backup's checkpoint).</summary>
    public required Lsn Start { get; init; }

    /// <summary>Name of the segment that holds <see cref="Start"/>.</summary>
    public required string StartSegment { get; init; }

    /// <summary>Where the backup's checkpoint record is.</summary>
    public required Lsn Checkpoint { get; init; }

    /// <summary>Timeline the backup started on; from the segment's name where the line is missing.</summary>
    public required TimelineId Timeline { get; init; }

    /// <summary>The backup was taken from a standby.</summary>
    public required bool FromStandby { get; init; }

    /// <summary>As written, in the server's log time zone; null where the line is missing.</summary>
    public string? StartTime { get; init; }

    /// <summary>What the person who made the backup called it.</summary>
    public string? Label { get; init; }

    /// <summary>An incremental backup builds on one that began here; the server refuses to start on it.</summary>
    public Lsn? IncrementalFrom { get; init; }

    /// <exception cref="OperationException"><see cref="ErrorCodes.FileFormatInvalid"/>; the message names the line.</exception>
    public static BackupLabel Parse(ReadOnlyMemory<byte> content)
    {
        if (content.Length > LargestBytes)
            throw Malformed(1, $"the file has {content.Length} bytes, more than {LargestBytes}");
        var lines = Encoding.UTF8.GetString(content.Span).Split('\n');
        var (start, segment) = ReadStart(lines[0]);
        var checkpointText = ValueOf(lines, "CHECKPOINT LOCATION") ?? throw Malformed(2, "no CHECKPOINT LOCATION");
        if (!Lsn.TryParse(checkpointText, out var checkpoint))
            throw Malformed(2, $"'{checkpointText}' is not an LSN");
        if (!WalFileName.TryParseTimeline(segment, out var timeline))
            throw Malformed(1, $"'{segment}' is not a segment name");
        if (ValueOf(lines, "START TIMELINE") is { } timelineText)
        {
            if (!uint.TryParse(timelineText, out var number) || number != timeline.Value)
                throw Malformed(LineOf(lines, "START TIMELINE"), $"timeline {timelineText} is not the one of segment {segment}");
        }

        return new BackupLabel
        {
            Content = content,
            Start = start,
            StartSegment = segment,
            Checkpoint = checkpoint,
            Timeline = timeline,
            FromStandby = ValueOf(lines, "BACKUP FROM") is "standby",
            StartTime = ValueOf(lines, "START TIME"),
            Label = ValueOf(lines, "LABEL"),
            IncrementalFrom = ReadIncremental(lines),
        };
    }

    private static (Lsn Start, string Segment) ReadStart(string line)
    {
        const string key = "START WAL LOCATION: ";
        const string before = " (file ";
        var file = line.IndexOf(before, StringComparison.Ordinal);
        if (!line.StartsWith(key, StringComparison.Ordinal) || file < key.Length || !line.EndsWith(')')
            || !Lsn.TryParse(line.AsSpan(key.Length, file - key.Length), out var start))
            throw Malformed(1, $"expected '{key}LSN{before}NAME)', got '{Shorten(line)}'");
        return (start, line[(file + before.Length)..^1]);
    }

    private static Lsn? ReadIncremental(string[] lines)
    {
        const string key = "INCREMENTAL FROM LSN";
        if (ValueOf(lines, key) is not { } text)
            return null;
        return Lsn.TryParse(text, out var lsn) ? lsn : throw Malformed(LineOf(lines, key), $"'{Shorten(text)}' is not an LSN");
    }

    private static string? ValueOf(string[] lines, string key)
    {
        var line = LineOf(lines, key);
        return line == 0 ? null : lines[line - 1][(key.Length + 2)..];
    }

    private static int LineOf(string[] lines, string key) =>
        Array.FindIndex(lines, line => line.StartsWith(key, StringComparison.Ordinal) && line.AsSpan(key.Length).StartsWith(": ")) + 1;

    private static string Shorten(string text) => text.Length > 80 ? text[..80] + "…" : text;

    private static OperationException Malformed(int line, string what) =>
        new(ErrorCodes.FileFormatInvalid, $"cannot read backup_label: line {line}: {what}");
}
