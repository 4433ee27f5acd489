using Howdah.Core.Wal;
using Howdah.Postgres.DataDirectory;
using Howdah.Storage;

namespace Howdah.Cluster.Observation;

/// <summary>Which history a data directory is of, as its files tell.</summary>
internal sealed record WalEnd(SystemIdentifier System, TimelineId Timeline)
{
    /// <param name="dataDirectory">The data directory.</param>
    /// <param name="control">Its control file.</param>
    /// <param name="isStandby">It would start as a standby.</param>
    /// <returns>Null where it cannot be read.</returns>
    public static WalEnd? Of(string dataDirectory, ControlFile control, bool isStandby)
    {
        try
        {
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
        catch (Exception failure) when (StorageFailure.IsStorageError(failure))
        {
            return null;
        }
    }

    private static TimelineId Newest(TimelineId one, TimelineId other) => one.Value >= other.Value ? one : other;
}
