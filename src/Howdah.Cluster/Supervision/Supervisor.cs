using Howdah.Cluster.Execution;
using Howdah.Cluster.Observation;
using Howdah.Cluster.Planning;
using Howdah.Core.Errors;
using Howdah.Storage;

namespace Howdah.Cluster.Supervision;

/// <summary>
/// Keeps a cluster as it should be for as long as it runs: looks, starts again what has died, announces what has changed, and
/// in the end stops everything in an order that loses nothing.
/// </summary>
internal sealed class Supervisor(ClusterWorkshop workshop, Reconciler reconciler)
{
    /// <summary>A look costs a few short queries; a dead server is noticed within this time.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    private readonly StatusReporter _reporter = new(workshop.Model);
    private string? _lastVerdict;
    private string? _lastFailure;

    /// <summary>Runs until cancelled. What fails is announced and tried again after a growing pause.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var pause = FirstPause;
        while (true)
        {
            var healthy = await LookAsync(cancellationToken);
            var wait = healthy ? Interval : pause;
            pause = healthy ? FirstPause : pause * 2 < LongestPause ? pause * 2 : LongestPause;
            await Task.Delay(wait, workshop.Time, cancellationToken);
        }
    }

    /// <summary>One round; false where something could not be mended now.</summary>
    private async Task<bool> LookAsync(CancellationToken cancellationToken)
    {
        try
        {
            var seen = await workshop.ObserveAsync(cancellationToken);
            await workshop.Receiver.FollowAsync(seen);
            Remember(seen);
            var plan = Planner.Plan(workshop.Model, seen);
            if (plan.IsEmpty)
                return true;
            using var change = FileLock.TryAcquire(SupervisorLock.ChangePath(workshop.Model.Paths));
            if (change is null)
                return true;
            await reconciler.ConvergeAsync(cancellationToken);
            _lastFailure = null;
            return true;
        }
        catch (OperationException failure)
        {
            if (!string.Equals(_lastFailure, failure.Message, StringComparison.Ordinal))
                workshop.Announce(AnnouncementLevel.Problem, failure.Message, failure.Hint);
            _lastFailure = failure.Message;
            return false;
        }
    }

    private void Remember(ObservedCluster seen)
    {
        var before = workshop.Files.ReadProtection();
        var status = _reporter.Report(seen, before);
        var isProtected = status.Protected == Verdict.Good;
        workshop.Files.WriteProtection(new ProtectionRecord(isProtected ? status.ProtectedSince ?? seen.At : null, seen.At));
        var verdict = isProtected ? "protected" : $"not protected: {string.Join("; ", status.Reasons)}";
        if (_lastVerdict is not null && !string.Equals(verdict, _lastVerdict, StringComparison.Ordinal))
            workshop.Announce(isProtected ? AnnouncementLevel.Information : AnnouncementLevel.Problem, verdict);
        _lastVerdict = verdict;
    }
}
