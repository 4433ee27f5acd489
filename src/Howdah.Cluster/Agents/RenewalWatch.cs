using System.Globalization;
using Howdah.Cluster.Configuration;
using Howdah.Cluster.Execution;
using Howdah.Cluster.Observation;
using Howdah.Cluster.Trust;
using Howdah.Core.Errors;

namespace Howdah.Cluster.Agents;

/// <summary>
/// Renews this host's certificate in time. What fails is noted where every look at this host finds it, and tried again after a growing
/// pause.
/// </summary>
internal sealed class RenewalWatch(ClusterModel model, ClusterEnvironment environment, IAgentChannel channel)
{
    /// <summary>A look reads two small files; one that was brought in again by hand is noticed within this time.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    /// <summary>In the four months that are left of a year nearly three thousand tries.</summary>
    private static readonly TimeSpan LongestPause = TimeSpan.FromHours(1);

    private readonly ClusterStateFiles _files = new(model.Paths);
    private readonly CertificateRenewal _renewal = new(
        model, environment.SelfIn(model).Name, channel, environment.Time);

    private readonly LastFailure _lastFailure = new();

    /// <summary>Looks until cancelled; the first time at once.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var pause = Interval;
        while (true)
        {
            if (await LookAsync(cancellationToken))
                pause = Interval;
            await Task.Delay(pause, environment.Time, cancellationToken);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    /// <summary>False where it was to be renewed and was not.</summary>
    private async Task<bool> LookAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (!RenewalPolicy.IsDue(HostCertificate.Read(model.Paths.Trust), environment.Time.GetUtcNow()))
            {
                _files.ClearRenewalFailure();
                _lastFailure.Clear();
                return true;
            }

            var made = await _renewal.RunAsync(cancellationToken);
            _lastFailure.Clear();
            Announce(new Announcement(
                environment.Time.GetUtcNow(), AnnouncementLevel.Information,
                string.Create(CultureInfo.InvariantCulture, $"this host has a new certificate, good until {made.End:yyyy-MM-dd}")));
            return true;
        }
        catch (OperationException failure)
        {
            Note(failure);
            return false;
        }
    }

    private void Note(OperationException failure)
    {
        var now = environment.Time.GetUtcNow();
        if (_lastFailure.IsNews(failure))
            Announce(new Announcement(now, AnnouncementLevel.Warning, $"this host's certificate could not be renewed: {failure.Message}")
            {
                Hint = failure.Hint,
            });
        try
        {
            _files.WriteRenewalFailure(new RenewalFailure(now, failure.Message));
        }
        catch (OperationException)
        {
            // It has been told in the log, and the next try notes it again.
        }
    }

    private void Announce(Announcement announcement) => environment.Observer.Announced(announcement);
}
