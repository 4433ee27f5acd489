using System.Collections.Concurrent;
using System.Globalization;
using Howdah.Cluster.Configuration;
using Howdah.Core.Errors;

namespace Howdah.Cluster.Agents;

/// <summary>Asks the other hosts' agents again and again, and keeps what each said last. Thread-safe.</summary>
public sealed class PeerWatch(ClusterModel model, string self, IAgentChannel channel, TimeProvider time) : IPeers
{
    /// <summary>As often as a supervisor looks at its own host.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>A lossy link may lose an answer or two; after this a host is not seen any more.</summary>
    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(6);

    private readonly ConcurrentDictionary<string, Sight> _sights = new(StringComparer.Ordinal);

    public PeerSight Look(HostModel host)
    {
        if (!_sights.TryGetValue(host.Name, out var sight))
            return PeerSight.Never("its agent was not asked yet");
        TimeSpan? age = sight.Report is null ? null : time.GetElapsedTime(sight.At);
        if (sight.Report is not null && age < LongestSilence)
            return new PeerSight(sight.Report, age, null) { ClockAhead = sight.ClockAhead };
        // A moment, not an age: who writes down what changes would write it down every second.
        var seen = age is { } old
            ? string.Create(CultureInfo.InvariantCulture, $" (last seen {(time.GetUtcNow() - old).UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC)")
            : "";
        return new PeerSight(sight.Report, age, (sight.Failure ?? "its agent does not answer") + seen);
    }

    /// <summary>Asks until cancelled.</summary>
    public Task RunAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(Others().Select(host => WatchAsync(host, cancellationToken)));

    /// <summary>Asks each host once.</summary>
    public Task AskOnceAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(Others().Select(host => AskAsync(host, cancellationToken)));

    private IEnumerable<HostModel> Others() => model.Hosts.Where(host => host.Name != self);

    private async Task WatchAsync(HostModel host, CancellationToken cancellationToken)
    {
        while (true)
        {
            await AskAsync(host, cancellationToken);
            await Task.Delay(Interval, time, cancellationToken);
        }
    }

    private async Task AskAsync(HostModel host, CancellationToken cancellationToken)
    {
        try
        {
            var report = await channel.ReadReportAsync(host, cancellationToken);
            var ahead = report.Clock - time.GetUtcNow();
            _sights[host.Name] = report is { Format: HostReport.CurrentFormat } && report.Host == host.Name
                ? new Sight(report, time.GetTimestamp(), null) { ClockAhead = ahead }
                : new Sight(null, 0, $"its agent speaks of {report.Host} in format {report.Format}");
        }
        catch (OperationException failure)
        {
            _sights.AddOrUpdate(
                host.Name,
                static (_, why) => new Sight(null, 0, why),
                static (_, before, why) => before with { Failure = why },
                failure.Message);
        }
    }

    private sealed record Sight(HostReport? Report, long At, string? Failure)
    {
        public TimeSpan? ClockAhead { get; init; }
    }
}
