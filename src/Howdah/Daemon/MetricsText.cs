using System.Globalization;
using System.Text;
using Howdah.Cluster.Supervision;

namespace Howdah.Daemon;

/// <summary>
/// The status as Prometheus reads it (text format 0.0.4). What is not known has no sample: a missing one is no zero. Ages are by the clock
/// of the host that answers.
/// </summary>
internal static class MetricsText
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    public static string Of(ClusterStatus status)
    {
        var text = new StringBuilder();
        Cluster(text, status);
        Nodes(text, status.Nodes);
        Backup(text, status);
        Hosts(text, status);
        return text.ToString();
    }

    private static void Cluster(StringBuilder text, ClusterStatus status)
    {
        Gauge(
            text, "howdah_protected", "1: protected; 0: not, or not known to be.",
            [new($"cluster=\"{Escaped(status.Cluster)}\"", Bit(status.Protected == Verdict.Good))]);
        Gauge(text, "howdah_would_lose_bytes", "WAL on the primary's disk and on no other host.", [new("", status.WouldLoseBytes)]);
    }

    private static void Nodes(StringBuilder text, IReadOnlyList<NodeStatus> nodes)
    {
        Gauge(
            text, "howdah_node_good", "1: the node is as it should be; 0: it is not, or cannot be seen.",
            nodes.Select(node => new Sample(Label("node", node.Name), Bit(node.Verdict == Verdict.Good))));
        Gauge(
            text, "howdah_node_is_primary", "1: primary; 0: standby.",
            nodes.Select(node => new Sample(Label("node", node.Name), node.IsPrimary is { } primary ? Bit(primary) : null)));
        Gauge(
            text, "howdah_standby_flush_lag_bytes", "WAL that the primary has on disk and the standby has not.",
            nodes.Select(node => new Sample(Label("node", node.Name), node.FlushLagBytes)));
        Gauge(
            text, "howdah_standby_replay_lag_bytes", "WAL that the primary has on disk and the standby has not replayed.",
            nodes.Select(node => new Sample(Label("node", node.Name), node.ReplayLagBytes)));
        Gauge(
            text, "howdah_node_disk_free_bytes", "Room on the fullest of the disks that the node writes to.",
            nodes.Select(node => new Sample(Label("node", node.Name), node.DiskFreeBytes)));
    }

    private static void Backup(StringBuilder text, ClusterStatus status)
    {
        var backup = status.Backup;
        var label = Label("host", backup.Name);
        One("howdah_backup_lag_bytes", "WAL that the primary has on disk and the receiver has not.", backup.LagBytes);
        One("howdah_backup_disk_free_bytes", "Room on the repository's disk.", backup.DiskFreeBytes);
        One("howdah_snapshots", "Snapshots in the repository.", backup.Snapshots);
        One("howdah_wal_gaps", "Gaps in the WAL of the repository.", backup.Gaps);
        One("howdah_restorable_from_age_seconds", "Age of the oldest moment that can be restored.", Age(backup.RestorableFrom));
        One("howdah_restorable_to_age_seconds", "Age of the newest moment that can be restored.", backup.RestorableToAge?.TotalSeconds);
        One("howdah_last_backup_age_seconds", "Age of the newest snapshot.", Age(backup.LastBackupAt));
        One("howdah_last_drill_age_seconds", "Age of the last drill.", Age(backup.LastDrillAt));
        One("howdah_last_drill_succeeded", "1: the last drill succeeded; 0: it failed.", Bit(backup.LastDrillSucceeded));
        One("howdah_last_drill_seconds", "How long the last drill took.", backup.LastDrillTook?.TotalSeconds);

        void One(string name, string help, double? value) => Gauge(text, name, help, [new(label, value)]);

        // Of the future by a clock that is behind: as good as now.
        double? Age(DateTimeOffset? moment) => moment is { } at ? Math.Max(0, (status.At - at).TotalSeconds) : null;
    }

    private static void Hosts(StringBuilder text, ClusterStatus status)
    {
        var hosts = status.Hosts;
        Gauge(
            text, "howdah_host_seen", "1: the host's agent answers; 0: it does not.",
            hosts.Select(host => new Sample(Label("host", host.Name), Bit(host.IsSeen))));
        Gauge(
            text, "howdah_host_seen_age_seconds", "Age of what is known of the host.",
            hosts.Select(host => new Sample(Label("host", host.Name), host.Age?.TotalSeconds)));
        Gauge(
            text, "howdah_cluster_file_revision", "Revision of the cluster file that the host goes by.",
            hosts.Select(host => new Sample(Label("host", host.Name), host.Revision)));
        Gauge(
            text, "howdah_certificate_remaining_seconds", "Until the host's certificate expires; negative once it has.",
            hosts.Select(host => new Sample(Label("host", host.Name), (host.Certificate?.End - status.At)?.TotalSeconds)));
    }

    private static void Gauge(StringBuilder text, string name, string help, IEnumerable<Sample> samples)
    {
        var known = samples.Where(sample => sample.Value is not null).ToList();
        if (known.Count == 0)
            return;
        text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} gauge\n");
        foreach (var sample in known)
        {
            text.Append(name);
            if (sample.Labels.Length > 0)
                text.Append('{').Append(sample.Labels).Append('}');
            text.Append(CultureInfo.InvariantCulture, $" {sample.Value!.Value:0.###}\n");
        }
    }

    private static string Label(string name, string value) => $"{name}=\"{Escaped(value)}\"";

    /// <summary>Names in a cluster file are plain; this is for the day that they are not.</summary>
    private static string Escaped(string value) => value
        .Replace("\\", "\\\\", StringComparison.Ordinal)
        .Replace("\"", "\\\"", StringComparison.Ordinal)
        .Replace("\n", "\\n", StringComparison.Ordinal);

    private static double? Bit(bool? value) => value switch
    {
        true => 1,
        false => 0,
        null => null,
    };

    private sealed record Sample(string Labels, double? Value);
}
