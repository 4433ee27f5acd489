using System.Globalization;
using Howdah.Barman.Facts;
using Howdah.Barman.Output;

namespace Howdah.Barman.Reports;

/// <summary>Renders <c>show-backup</c> for the console.</summary>
/// <param name="server">Barman's server name.</param>
/// <param name="catalogue">The whole catalogue: neighbours are shown too.</param>
/// <param name="backup">The backup to show.</param>
internal sealed class BackupReport(string server, CatalogueFacts catalogue, BackupFacts backup)
{
    private const int OuterWidth = 23;
    private const int InnerWidth = 21;
    private readonly List<string> _lines = [];

    public static IReadOnlyList<string> Lines(string server, CatalogueFacts catalogue, BackupFacts backup)
    {
        var report = new BackupReport(server, catalogue, backup);
        report.Write();
        return report._lines;
    }

    /// <summary>The neighbour in the catalogue among finished backups; null at either end.</summary>
    public static string? Neighbour(CatalogueFacts catalogue, BackupFacts backup, int step)
    {
        var available = catalogue.Available.ToList();
        var index = available.FindIndex(candidate => candidate.Id == backup.Id);
        return index >= 0 && index + step >= 0 && index + step < available.Count ? available[index + step].Id : null;
    }

    private void Write()
    {
        _lines.Add($"Backup {backup.Id}:");
        if (backup.Name is { } name)
            Outer("Backup Name", name);
        Outer("Server Name", server);
        if (backup.System is { } system)
            Outer("System Id", system.ToString());
        Outer("Status", backup.Status.Name());
        if (backup.Copy is not { } copy)
        {
            if (backup.Error is { } error)
                Outer("Error", error);
            return;
        }

        WriteServer();
        WriteCopy(copy);
        WriteWal(copy.WalAfter);
        Section("Catalog information");
        Inner("Retention Policy", backup.RetentionStatus == "-" ? "not enforced" : backup.RetentionStatus);
        Inner("Previous Backup", Neighbour(catalogue, backup, -1) ?? "- (this is the oldest base backup)");
        Inner("Next Backup", Neighbour(catalogue, backup, 1) ?? "- (this is the latest base backup)");
    }

    private void WriteServer()
    {
        Outer("PostgreSQL Version", Number(backup.Version.Number));
        if (backup.DataDirectory is { } directory)
            Outer("PGDATA directory", directory);
        if (backup.ClusterSize is { } size)
            Outer("Estimated Cluster Size", BarmanFormat.Size(size));
        if (backup.HasChecksums is not null || backup.SummarizesWal is not null)
            Section("Server information");
        if (backup.HasChecksums is { } checksums)
            Inner("Checksums", checksums ? "on" : "off");
        if (backup.SummarizesWal is { } summarizes)
            Inner("WAL summarizer", summarizes ? "on" : "off");
        if (backup.Tablespaces.Count == 0)
            return;
        Section("Tablespaces");
        foreach (var tablespace in backup.Tablespaces)
            Inner(tablespace.Name, $"{tablespace.Location} (oid: {tablespace.Oid})");
    }

    private void WriteCopy(BackupCopyFacts copy)
    {
        Section("Base backup information");
        Inner("Backup Method", "postgres");
        Inner("Backup Type", "full");
        Inner("Backup Size", $"{BarmanFormat.Size(copy.Size)} ({BarmanFormat.Size(copy.Size + copy.WalSize)} with WALs)");
        Inner("WAL Size", BarmanFormat.Size(copy.WalSize));
        Inner("Timeline", copy.Timeline.ToString());
        Inner("Begin WAL", copy.BeginSegment.Name);
        Inner("End WAL", copy.EndSegment.Name);
        Inner("Number of WALs", Number(copy.SegmentCount));
        Inner("Begin time", BarmanFormat.Timestamp(copy.BeginTime));
        Inner("End time", BarmanFormat.Timestamp(copy.EndTime));
        Inner("Copy time", BarmanFormat.Duration(copy.CopyTime));
        Inner("Estimated throughput", $"{BarmanFormat.Size(copy.BytesPerSecond)}/s");
        Inner("Begin Offset", Number(copy.SegmentSize.Offset(copy.Begin)));
        Inner("End Offset", Number(copy.SegmentSize.Offset(copy.End)));
        Inner("Begin LSN", copy.Begin.ToString());
        Inner("End LSN", copy.End.ToString());
    }

    private void WriteWal(WalAfterBackup wal)
    {
        Section("WAL information");
        Inner("Number of files", Number(wal.Files));
        Inner("Disk usage", BarmanFormat.Size(wal.Bytes));
        if (wal.FilesPerSecond is { } rate)
            Inner("WAL rate", string.Create(CultureInfo.InvariantCulture, $"{rate * 3600:0.00}/hour"));
        Inner("Last available", wal.LastAvailable ?? "None");
        if (wal.ReachableTimelines.Count > 0)
            Inner("Reachable timelines", string.Join(", ", wal.ReachableTimelines));
    }

    private void Outer(string label, string value) => _lines.Add($"  {label.PadRight(OuterWidth)}: {value}");

    private void Inner(string label, string value) => _lines.Add($"    {label.PadRight(InnerWidth)}: {value}");

    private void Section(string title)
    {
        _lines.Add("");
        _lines.Add($"  {title}:");
    }

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
