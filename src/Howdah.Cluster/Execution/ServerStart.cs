using Howdah.Cluster.Configuration;
using Howdah.Cluster.Observation;
using Howdah.Core.Errors;

namespace Howdah.Cluster.Execution;

/// <summary>
/// Starts a node's server. One that does not start with its configuration starts with the one of before, if that is another: better than
/// none. What was refused is remembered, and so not tried again until a person asks for it.
/// </summary>
internal sealed class ServerStart(ClusterWorkshop workshop, NodeModel node)
{
    /// <summary>Recovery after a crash replays at most about a checkpoint's distance of WAL; a standby that was long down more.</summary>
    private static readonly TimeSpan StartDeadline = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan AnswerDeadline = TimeSpan.FromSeconds(30);

    private readonly StartedConfiguration _configuration = new(workshop.Files.StartedDirectory(node.Name), node.DataDirectory);

    /// <summary>Until it answers.</summary>
    /// <exception cref="OperationException"><see cref="ErrorCodes.ServerStartFailed"/>: it did not start, not as before either.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await LaunchAsync(cancellationToken);
            _configuration.Keep();
        }
        catch (OperationException failure) when (failure.Code == ErrorCodes.ServerStartFailed && HasFormer())
        {
            await LaunchFormerAsync(failure, cancellationToken);
        }
    }

    private bool HasFormer() => !workshop.Server(node).ReadStatus().IsRunning && _configuration.IsAnother;

    private async Task LaunchFormerAsync(OperationException failure, CancellationToken cancellationToken)
    {
        var refused = new RefusedConfiguration(ConfigurationFiles.Fingerprint(node.DataDirectory), failure.Message);
        var wanted = _configuration.PutBack();
        try
        {
            await LaunchAsync(cancellationToken);
        }
        catch (OperationException)
        {
            // Then it is not the settings.
            wanted.PutInto(node.DataDirectory);
            throw failure;
        }

        workshop.Files.WriteRefused(node.Name, refused);
        workshop.Announce(
            AnnouncementLevel.Problem,
            $"{node.Name} did not start with the settings of the cluster file, and runs with its former ones: {failure.Message}",
            $"correct [settings] in the cluster file and run: {workshop.Model.PutInForceBy}");
    }

    private async Task LaunchAsync(CancellationToken cancellationToken)
    {
        var options = await StandbyStartOptions.FindAsync(workshop.Installation, node.DataDirectory, cancellationToken);
        await workshop.Server(node).StartAsync(options, StartDeadline, cancellationToken);
        // Sessions of before the start are broken, and would fail whoever is given one.
        workshop.Survey.Database(node).ForgetSessions();
        // It accepts connections; that it answers ours is what counts.
        await Waiting.UntilAsync(
            () => AnswersAsync(cancellationToken),
            new WaitOptions(AnswerDeadline, $"{node.Name} runs but did not answer"),
            workshop.Time,
            cancellationToken);
    }

    private async Task<bool> AnswersAsync(CancellationToken cancellationToken)
    {
        try
        {
            await workshop.Survey.Database(node).QueryRowAsync("select 1 as one", [], cancellationToken);
            return true;
        }
        catch (OperationException failure) when (failure.Code.MayRetry)
        {
            return false;
        }
    }
}
