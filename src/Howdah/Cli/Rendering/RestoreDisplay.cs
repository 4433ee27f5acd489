using Howdah.Operations.Restore;

namespace Howdah.Cli.Rendering;

/// <summary>Shows how far a restore is: what is copied at which rate, and what follows until all of it is on disk.</summary>
internal sealed class RestoreDisplay(ProgressLine line, TimeProvider time) : IProgress<RestoreProgress>
{
    private readonly long _began = time.GetTimestamp();

    public void Report(RestoreProgress value)
    {
        switch (value.Phase)
        {
            case RestorePhase.Copying:
                line.Show(ProgressState.Counted("restore", value.Bytes, value.TotalBytes, time.GetElapsedTime(_began)));
                break;
            case RestorePhase.Configuring:
                line.Show(ProgressState.Bare("restore: configuring"));
                break;
            case RestorePhase.Syncing:
                line.Show(ProgressState.Bare("restore: forcing to disk"));
                break;
            default:
                line.Clear();
                break;
        }
    }
}
