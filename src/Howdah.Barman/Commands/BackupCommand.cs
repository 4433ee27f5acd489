using Howdah.Barman.Checks;
using Howdah.Barman.CommandLine;
using Howdah.Barman.Facts;
using Howdah.Barman.Output;
using Howdah.Barman.Reports;
using Howdah.Core.Errors;
using Howdah.Core.Wal;

namespace Howdah.Barman.Commands;

/// <summary>Takes a base backup after the checks that Barman makes before one.</summary>
internal sealed class BackupCommand(IBarmanServer server, BarmanOutput output)
{
    /// <summary>
    /// Checks that do not stop a backup. "WAL archive" is ours: a backup needs no closed segment here, a running receiver is enough.
    /// </summary>
    private static readonly HashSet<string> NotCritical = new(StringComparer.Ordinal)
    {
        "WAL archive", "minimum redundancy requirements", "backup maximum age", "backup minimum size", "failed backups", "archiver errors",
        "wal maximum age",
    };

    // The server closes the last segment itself when a backup ends, so this is seconds; minutes mean that the receiver is far behind.
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(10);

    public async Task RunAsync(BarmanInvocation invocation, CancellationToken cancellationToken)
    {
        var name = server.Policy.Name;
        if (invocation.Has("--incremental") || invocation.Text("--reuse-backup") is not (null or "off"))
        {
            output.Error("incremental and reused backups are not taken here: every backup is complete in itself");
            return;
        }

        var facts = await server.ObserveAsync(withSize: false, cancellationToken);
        var blocking = CheckEvaluation.Evaluate(facts).Failed.Where(line => !NotCritical.Contains(line.Label)).ToList();
        if (blocking.Count > 0)
        {
            output.Error(BackupLines.Refused(name));
            foreach (var line in blocking)
                output.Error(line.ToString());
            return;
        }

        var order = new BackupOrder
        {
            Name = invocation.Text("--name"),
            ImmediateCheckpoint = !invocation.Has("--no-immediate-checkpoint"),
            KilobytesPerSecond = invocation.Count("--bwlimit") is > 0 and var limit ? limit : null,
        };
        var wait = new SegmentWait(server, output);
        await wait.BeginAsync(cancellationToken);
        var backup = await TakeAsync(order, isFirst: facts.Catalogue.Value is { Backups.Count: 0 }, cancellationToken);
        var timeout = invocation.Count("--wait-timeout") is { } seconds ? TimeSpan.FromSeconds(seconds) : LongestWait;
        if (invocation.Has("--wait") && backup?.Copy is { } copy)
            await wait.UntilHeldAsync(copy.EndSegment, timeout, nameBound: false, cancellationToken);
    }

    private async Task<BackupFacts?> TakeAsync(BackupOrder order, bool isFirst, CancellationToken cancellationToken)
    {
        var progress = new Narrator(server.Policy.Name, output);
        var start = server.Time.GetLocalNow();
        BackupFacts backup;
        try
        {
            backup = await server.BackupAsync(order, progress, cancellationToken);
        }
        catch (OperationException exception)
        {
            output.Error(BackupLines.Failed(exception.Hint is { } hint ? $"{exception.Message}\nHint: {hint}" : exception.Message));
            return null;
        }

        output.Info(BackupLines.Finalising);
        if (isFirst)
            output.Info(BackupLines.First(server.Policy.Name));
        if (backup.Copy is { } copy)
        {
            output.Info(BackupLines.BackupSize(copy.Size));
            output.Info(BackupLines.BackupEnd(copy));
        }

        output.Info(BackupLines.Completed(start, server.Time.GetLocalNow() - start));
        output.Result([], BackupLines.Json(server.Policy.Name, backup));
        if (backup.Status == BackupStatus.Failed)
            output.Error($"Backup {backup.Id} is damaged: {backup.Error}");
        return backup;
    }

    /// <summary>Turns the steps of a backup into Barman's lines.</summary>
    private sealed class Narrator(string name, BarmanOutput output) : IBackupProgress
    {
        private string _id = "";

        public void Began(string id, string directory)
        {
            _id = id;
            output.Info(BackupLines.Starting(name, directory));
        }

        public void CopyBegan(Lsn start, WalSegment segment)
        {
            output.Info(BackupLines.BackupStart(start, segment));
            output.Info(BackupLines.CopyStart(_id));
        }

        public void CopyEnded(TimeSpan elapsed) => output.Info(BackupLines.CopyDone(elapsed));
    }
}
