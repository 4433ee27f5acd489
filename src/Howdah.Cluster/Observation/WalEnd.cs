using Howdah.Core.Errors;
using Howdah.Core.Wal;
using Howdah.Postgres.DataDirectory;
using Howdah.Storage;

namespace Howdah.Cluster.Observation;

/// <summary>Which history a data directory is of, as its files tell.</summary>
internal sealed record WalEnd(SystemIdentifier System, TimelineId Timeline)
{
    /// <summary>Null where it cannot be read: a running server writes the file in place, and the next look shows.</summary>
    public static WalEnd? Of(string dataDirectory, bool isStandby)
    {
        try
        {
            var control = ControlFile.Parse(File.ReadAllBytes(Path.Combine(dataDirectory, "global", "pg_control")));
            var timeline = Newest(control.CheckpointTimeline, control.MinimumRecoveryTimeline);
            // A promoted server that dies before its first checkpoint has its new timeline only there (xlog.c, StartupXLOG). A standby may
            // have fetched histories that it does not follow.
            foreach (var file in isStandby ? [] : Directory.EnumerateFiles(Path.Combine(dataDirectory, "pg_wal"), "*.history"))
            {
                if (WalFileName.TryParseTimeline(Path.GetFileName(file), out var found))
                    timeline = Newest(timeline, found);
            }

            return new WalEnd(control.System, timeline);
        }
        catch (Exception failure) when (failure is OperationException || StorageFailure.IsStorageError(failure))
        {
            return null;
        }
    }

    private static TimelineId Newest(TimelineId one, TimelineId other) => one.Value >= other.Value ? one : other;
}
