using System.Globalization;
using Howdah.Operations.Backup;

namespace Howdah.Bench.Backup;

/// <summary>When each phase of a backup began.</summary>
internal sealed class PhaseTimes : IBackupObserver
{
    private BackupPhase? _phase;
    private string _text = "";

    public void Report(BackupProgress progress)
    {
        if (_phase == progress.Phase)
            return;
        _phase = progress.Phase;
        _text += string.Create(CultureInfo.InvariantCulture, $" {progress.Phase} at {progress.Elapsed.TotalSeconds:0.00} s");
    }

    public override string ToString() => _text;
}
