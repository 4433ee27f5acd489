using System.Globalization;
using Howdah.Cluster.Execution;
using Howdah.Cluster.Observation;
using Howdah.Cluster.Supervision;
using Howdah.Core.Errors;
using Howdah.Storage;

namespace Howdah.Cluster.Agents;

/// <summary>
/// Looks every second, whatever else the agent does, so that others hear how this host is also while a long step goes on. Thread-safe.
/// </summary>
internal sealed class HostWatch(ClusterWorkshop workshop, string version)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>A server that hangs holds up a look by its connect timeout; older than that, a look says nothing of now.</summary>
    private static readonly TimeSpan Oldest = TimeSpan.FromSeconds(20);

    private volatile Look? _last;
    private volatile OperationException? _failure;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var began = workshop.Time.GetTimestamp();
            try
            {
                _last = new Look(await workshop.ObserveAsync(cancellationToken), began);
                _failure = null;
            }
            catch (OperationException failure)
            {
                _failure = failure; // whoever asks is told; the next look may see more
            }
            catch (Exception failure) when (StorageFailure.IsStorageError(failure))
            {
                _failure = StorageFailure.Describe($"looking at {workshop.Model.Paths.Root}", failure);
            }

            await Task.Delay(Interval, workshop.Time, cancellationToken);
        }
    }

    public HostReport Report() => HostReport.Of(Newest(), workshop.Self, version) with { Clock = workshop.Time.GetUtcNow() };

    public ClusterStatus Status() => new StatusReporter(workshop.Model).Report(Newest(), workshop.Files.ReadProtection());

    public static OperationException Starting() =>
        new(ErrorCodes.AgentUnreachable, "the agent has just started and has seen nothing yet");

    private ObservedCluster Newest()
    {
        if (_failure is { } failure)
            throw new OperationException(failure.Code, failure.Message, failure.Hint, failure);
        if (_last is not { } last)
            throw Starting();
        var age = workshop.Time.GetElapsedTime(last.Began);
        return age < Oldest ? last.Seen : throw new OperationException(
            ErrorCodes.AgentUnreachable,
            string.Create(CultureInfo.InvariantCulture, $"the agent's last look is {age.TotalSeconds:0} s old: something hangs there"));
    }

    private sealed record Look(ObservedCluster Seen, long Began);
}
