using System.Globalization;
using Howdah.Core.Wal;
using Howdah.Repository.Json;

namespace Howdah.Repository.Wal;

/// <summary>
/// <c>wal/&lt;system id&gt;/TTTTTTTT-SSSSSSSSSSSSSSSS-EEEEEEEEEEEEEEEE.gap</c>: WAL that could no longer be had. Written once.
/// </summary>
internal sealed record GapRecord(int Format, TimelineId Timeline, Lsn Start, Lsn End, string Reason, DateTimeOffset Recorded)
    : ICheckedRecord
{
    internal const int CurrentFormat = 1;
    internal const string Suffix = ".gap";

    internal string FileName =>
        string.Create(CultureInfo.InvariantCulture, $"{Timeline.FileNamePrefix}-{Start.Value:X16}-{End.Value:X16}{Suffix}");

    string? ICheckedRecord.FindProblem() => End > Start ? null : $"end {End} is not after start {Start}";

    internal WalGap ToGap() => new(Timeline, new LsnRange(Start, End), Reason, WalGapOrigin.Recorded);
}
