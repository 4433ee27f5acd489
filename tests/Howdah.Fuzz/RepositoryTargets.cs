using System.Text;
using System.Text.Json.Serialization.Metadata;
using Howdah.Core.Wal;
using Howdah.Repository.Json;
using Howdah.Repository.Wal;

namespace Howdah.Fuzz;

/// <summary>The JSON objects of a repository: written by us, and read on other hosts, years later, from disks that forget.</summary>
internal static class RepositoryTargets
{
    private const string Snapshot = """
        { "format": 1, "id": "20261123T091455", "system": "7711154917341824085", "lineage": "0123456789abcdef", "serverVersion": 150018,
          "segmentSize": 16777216, "startLsn": "0/3000028", "startTimeline": 1, "stopLsn": "0/3000100", "stopTimeline": 1,
          "startedAt": "2026-11-23T09:14:55+00:00", "stoppedAt": "2026-11-23T09:15:10.5+00:00", "bytes": 31457280, "files": 981,
          "tablespaces": [ { "oid": 16388, "location": "/srv/space", "bytes": 8192, "name": "space" } ], "pageChecksums": true,
          "checksumFailureCount": 1, "checksumFailures": [ { "file": "base/1/2", "block": 7, "stored": 1, "computed": 2 } ],
          "manifest": "backup_manifest", "label": "by hand", "warnings": [ "a warning" ] }
        """;

    private const string Drill = """
        { "format": 1, "id": "20261123T091455", "startedAt": "2026-11-23T09:14:55+00:00", "failure": "no", "queryIsProof": true,
          "snapshot": "20261123T091455", "system": "7711154917341824085", "timeline": 2, "reachedLsn": "0/3000100", "bytes": 1,
          "pagesChecked": 2, "checksumFailures": [ { "file": "base/1/2", "block": 7, "stored": 1, "computed": 2 } ],
          "planSeconds": 0.25, "copySeconds": 1e3, "recoverySeconds": 2.5 }
        """;

    private const string Gap = """
        { "format": 1, "timeline": 1, "start": "0/3000000", "end": "0/5000000", "reason": "slot lost",
          "recorded": "2026-11-23T09:14:55+00:00" }
        """;

    private const string Lineage = """
        { "format": 1, "system": "7711154917341824085", "lineage": "0123456789abcdef", "segmentSize": 16777216,
          "created": "2026-11-23T09:14:55+00:00" }
        """;

    private const string Complete = """
        { "format": 1, "timeline": 1, "lsn": "0/3000100", "until": "2026-11-23T09:14:55+00:00" }
        """;

    // Half a surrogate pair, null and missing values, wrong kinds: JSON that is valid and no object of ours.
    private const string Odd = """{ "format": 1, "id": "\ud800", "system": 1, "lsn": null, "timeline": 0, "tablespaces": [ null ] }""";

    public static IEnumerable<FuzzTarget> All =>
    [
        Of("snapshot-record", RepositoryJson.Default.SnapshotRecord, record => record.ToRestorable(), Snapshot)
            with { HasNamedParts = true },
        Of("drill-record", RepositoryJson.Default.DrillRecord,
            record => _ = (record.WhatFailed(), TimeSpan.FromSeconds(record.SecondsToAnswer)), Drill)
            with { HasNamedParts = true },
        Of("gap-record", RepositoryJson.Default.GapRecord, BuildLedger, Gap),
        Of("lineage-record", RepositoryJson.Default.LineageRecord, record => new WalLedgerBuilder(record).Build(), Lineage),
        Of("completeness-record", RepositoryJson.Default.CompletenessRecord, record => record.ToCompleteness(), Complete),
        Of("repository-record", RepositoryJson.Default.RepositoryRecord, record => _ = record.Id.Length,
            """{ "format": 1, "id": "0123456789abcdef", "created": "2026-11-23T09:14:55+00:00" }"""),
    ];

    private static void BuildLedger(GapRecord gap)
    {
        var size = WalSegmentSize.Default;
        var lineage = new LineageRecord(1, new SystemIdentifier(77), "l", size, DateTimeOffset.UnixEpoch);
        var builder = new WalLedgerBuilder(lineage);
        builder.AddSegments([new WalSegment(TimelineId.First, 2, size), new WalSegment(TimelineId.First, 5, size)]);
        builder.AddGap(gap.ToGap());
        foreach (var hole in builder.Build().Gaps)
        {
            if (hole.Range.IsEmpty)
                throw new InvalidDataException($"the gap {gap.FileName} makes an empty hole at {hole.Range}");
        }
    }

    private static FuzzTarget Of<T>(string name, JsonTypeInfo<T> type, Action<T> use, string example)
        where T : class =>
        new(name, [Encoding.UTF8.GetBytes(example), Encoding.UTF8.GetBytes(Odd)],
            bytes => use(RepositoryJson.Parse("record.json", bytes, newestFormat: 1, type)));
}
