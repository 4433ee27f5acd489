using Howdah.Cluster.Execution;
using Howdah.Cluster.Planning;
using Howdah.Core.Errors;

namespace Howdah.Cluster.Tests.Agents;

/// <summary>Keeps what is announced; of steps there is nothing to hear.</summary>
internal sealed class Hearing : IClusterObserver
{
    public List<Announcement> Announcements { get; } = [];

    public List<string> Texts(AnnouncementLevel level) =>
        [.. Announcements.Where(announcement => announcement.Level == level).Select(announcement => announcement.Text)];

    public void Announced(Announcement announcement) => Announcements.Add(announcement);

    public void Planned(ClusterPlan plan) => Assert.Fail("nothing is planned here");

    public void StepStarted(PlanStep step) => Assert.Fail("no step is done here");

    public void StepProgressed(PlanStep step, StepProgress progress) => Assert.Fail("no step is done here");

    public void StepFinished(PlanStep step, TimeSpan took) => Assert.Fail("no step is done here");

    public void StepFailed(PlanStep step, OperationException failure) => Assert.Fail("no step is done here");
}
