using Howdah.Core.Wal;

namespace Howdah.Repository.Wal;

/// <summary>
/// <c>wal/&lt;system id&gt;/complete-until.json</c>: as alive as the unfinished segment, so the one record that is replaced. Without it
/// nothing is lost but the proof that nothing followed.
/// </summary>
internal sealed record CompletenessRecord(int Format, TimelineId Timeline, Lsn Lsn, DateTimeOffset Until)
{
    internal const int CurrentFormat = 1;
    internal const string FileName = "complete-until.json";

    internal WalCompleteness ToCompleteness() => new(Timeline, Lsn, Until);
}
