using Howdah.Core.Wal;

namespace Howdah.Cli.Json;

internal sealed record WalListJson(string System, string Lineage, IReadOnlyList<WalTimelineJson> Timelines);

internal sealed record WalTimelineJson(uint Timeline, bool HasHistory, IReadOnlyList<WalRangeJson> Ranges, DateTimeOffset? LastStored);

internal sealed record WalRangeJson(string Start, string End, long Bytes);

internal sealed record WalGapListJson(IReadOnlyList<WalGapJson> Gaps);

internal sealed record WalGapJson(uint Timeline, string Start, string End, long Bytes, string Origin, string Reason)
{
    public static WalGapJson Of(WalGap gap) =>
        new(
            gap.Timeline.Value,
            gap.Range.Start.ToString(),
            gap.Range.End.ToString(),
            (long)(gap.Range.End - gap.Range.Start),
            gap.Origin == WalGapOrigin.Recorded ? "recorded" : "found",
            gap.Reason
        );
}

internal sealed record WalSwitchJson(string Segment, bool Switched);
