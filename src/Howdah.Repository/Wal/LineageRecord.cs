using Howdah.Core.Wal;

namespace Howdah.Repository.Wal;

/// <summary><c>wal/&lt;system id&gt;/lineage.json</c>: what the WAL beside it belongs to. Written once.</summary>
internal sealed record LineageRecord(
    int Format, SystemIdentifier System, string Lineage, WalSegmentSize SegmentSize, DateTimeOffset Created)
{
    internal const int CurrentFormat = 1;
    internal const string FileName = "lineage.json";
}
