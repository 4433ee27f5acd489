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
internal sealed class Supervisor(ClusterWorkshop workshop)
{
    /// <summary>A look costs a few short queries; a dead server is noticed within this time.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    private readonly StatusReporter _reporter = new(workshop.Model);
    private readonly Reconciler _reconciler = new(workshop);
    private readonly AcceptedFile _file = new(workshop.Model);
    private string? _lastVerdict;
    private readonly LastFailure _lastFailure = new();
    private readonly LastFailure _lastUnkept = new();

    /// <summary>Runs until cancelled. What fails is announced and tried again after a growing pause.</summary>
    /// <returns>The workshop of the cluster file in force, once that has changed; null when cancelled.</returns>
    public async Task<ClusterWorkshop?> RunAsync(CancellationToken cancellationToken)
    {
        // On one machine that is for the command which brings it up.
        if (!workshop.Model.IsOnOneMachine)
            workshop.Files.ForgetRemovedExcept(workshop.Model.Nodes.Select(node => node.Name));
        var pause = FirstPause;
        var next = workshop.Time.GetTimestamp();
        try
        {
            while (true)
            {
                if (await OpenChangedAsync(cancellationToken) is { } changed)
                    return changed;
                if (workshop.Time.GetTimestamp() >= next)
                {
                    var healthy = await LookAsync(cancellationToken);
                    next = workshop.Time.GetTimestamp() + (healthy ? 0 : (long)(pause.TotalSeconds * workshop.Time.TimestampFrequency));
                    pause = healthy ? FirstPause : pause * 2 < LongestPause ? pause * 2 : LongestPause;
                }

                await Task.Delay(Interval, workshop.Time, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>A changed file that cannot be used is told once; until it is right, what was in force goes on.</summary>
    private async Task<ClusterWorkshop?> OpenChangedAsync(CancellationToken cancellationToken)
    {
        // On several machines the agent itself goes over to a newer file.
        if (!workshop.Model.IsOnOneMachine)
            return null;
        string? text = null;
        try
        {
            text = _file.FindChange();
            if (text is null)
                return null;
            var changed = await ClusterWorkshop.OpenAsync(_file.Read(text), workshop.Environment, cancellationToken);
            await changed.TrySettingsAsync(cancellationToken);
            changed.IsSupervising = true;
            return changed;
        }
        catch (OperationException refused)
        {
            if (text is not null)
                _file.Refuse(text);
            Tell(refused);
            return null;
        }
    }

    /// <summary>One round; false where something could not be mended now.</summary>
    private async Task<bool> LookAsync(CancellationToken cancellationToken)
    {
        try
        {
            var seen = await workshop.ObserveAsync(cancellationToken);
            await workshop.Receiver.FollowAsync(seen);
            RememberIfPossible(seen);
            var plan = Planner.Plan(workshop.Model, seen);
            if (plan.NextFor(workshop.Model, workshop.Self.Name) is null)
            {
                // Nothing is tried, so nothing is to be tried less often: what dies next is seen at once.
                if (plan.ObstacleOn(workshop.Self.Name) is { } obstacle)
                    Tell(obstacle.ToRefusal());
                else
                    _lastFailure.Clear();
                return true;
            }

            using var change = FileLock.TryAcquire(SupervisorLock.ChangePath(workshop.Model.Paths));
            // Under the lock: who has changed the file since is not to be undone. On several machines only an applied file counts.
            if (change is null || (workshop.Model.IsOnOneMachine && _file.FindChange() is not null))
                return true;
            await _reconciler.ConvergeAsync(cancellationToken);
            _lastFailure.Clear();
            return true;
        }
        catch (OperationException failure)
        {
            Tell(failure);
            return false;
        }
        catch (Exception failure) when (StorageFailure.IsStorageError(failure))
        {
            Tell(StorageFailure.Describe($"looking after {workshop.Model.Paths.Root}", failure));
            return false;
        }
    }

    private void Tell(OperationException failure) => Tell(failure, _lastFailure);

    private void Tell(OperationException failure, LastFailure last)
    {
        if (last.IsNews(failure))
            workshop.Announce(AnnouncementLevel.Problem, failure.Message, failure.Hint);
    }

    /// <summary>On a full disk nothing can be noted: no reason to mend nothing.</summary>
    private void RememberIfPossible(ObservedCluster seen)
    {
        try
        {
            AnnounceVerdict(seen);
            RememberRemoved(seen);
            RememberPrimary(seen);
            _lastUnkept.Clear();
        }
        catch (OperationException failure)
        {
            Tell(failure, _lastUnkept);
        }
    }

    /// <summary>
    /// Of nodes of other hosts, for when those cannot be seen: the slot of a node that was taken out must not come back meanwhile.
    /// </summary>
    private void RememberRemoved(ObservedCluster seen)
    {
        foreach (var node in seen.Nodes.Where(node => node.Data != DataPlace.Unknown && !workshop.Self.Has(node.Model)))
        {
            if (node.IsRemoved == workshop.Files.IsRemoved(node.Model.Name))
                continue;
            if (node.IsRemoved)
                workshop.Files.NoteRemoved(node.Model.Name);
            else
                workshop.Files.ClearRemoved(node.Model.Name);
        }
    }

    /// <summary>For when several would start as primary, and for a host that comes back and asks whether it is the primary still.</summary>
    private void RememberPrimary(ObservedCluster seen)
    {
        if (seen.AnsweringPrimary?.Model.Name is { } name
            && !string.Equals(name, seen.LastPrimary, StringComparison.Ordinal))
            workshop.Files.WriteLastPrimary(name);
    }

    private void AnnounceVerdict(ObservedCluster seen)
    {
        var status = _reporter.Report(seen, workshop.Files.ReadProtection());
        var isProtected = status.Protected == Verdict.Good;
        var verdict = isProtected ? "protected" : $"not protected: {string.Join("; ", status.Reasons)}";
        if (_lastVerdict is not null && !string.Equals(verdict, _lastVerdict, StringComparison.Ordinal))
            workshop.Announce(isProtected ? AnnouncementLevel.Information : AnnouncementLevel.Problem, verdict);
        _lastVerdict = verdict;
        workshop.Files.WriteProtection(new ProtectionRecord(isProtected ? status.ProtectedSince ?? seen.At : null, seen.At));
    }
}
