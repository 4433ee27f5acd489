using Howdah.Cluster.Agents;
using Howdah.Cluster.Configuration;
using Howdah.Cluster.Tests.Planning;
using Howdah.Core.Errors;
using Microsoft.Extensions.Time.Testing;

namespace Howdah.Cluster.Tests.Agents;

/// <summary>How old what is known of a host is, and when one that does not answer was last seen.</summary>
public sealed class PeerWatchTests
{
    private static readonly DateTimeOffset Beginning = AgentHosts.Beginning;

    private readonly FakeTimeProvider _clock = new(Beginning);
    private readonly Told _told = new();
    private readonly ClusterModel _model = SimulatedHosts.Model;

    [Fact]
    public async Task What_a_host_told_is_as_old_as_its_look_whatever_its_clock_says()
    {
        var theirs = Beginning.AddYears(-1);
        _told.Answers["slave"] = Report("slave") with { At = theirs, Clock = theirs.AddSeconds(4) };
        var watch = Watch("backup");
        await watch.AskOnceAsync(CancellationToken.None);
        _clock.Advance(TimeSpan.FromSeconds(2));

        var sight = watch.Look(Host("slave"));
        Assert.Null(sight.Problem);
        Assert.Equal(TimeSpan.FromSeconds(6), sight.Age);
    }

    [Fact]
    public async Task A_host_that_falls_silent_was_last_seen_when_it_looked_last()
    {
        _told.Answers["slave"] = Report("slave") with { At = Beginning.AddSeconds(-3), Clock = Beginning };
        var watch = Watch("backup");
        await watch.AskOnceAsync(CancellationToken.None);
        _told.Answers.Remove("slave");
        _clock.Advance(TimeSpan.FromMinutes(2));
        await watch.AskOnceAsync(CancellationToken.None);

        var sight = watch.Look(Host("slave"));
        Assert.Equal("slave does not answer (last seen 2026-11-23 08:59:57 UTC)", sight.Problem);
        Assert.Equal(TimeSpan.FromSeconds(123), sight.Age);
    }

    [Fact]
    public async Task Ages_that_cannot_be_break_nothing()
    {
        _told.Answers["backup"] = Report("backup") with
        {
            At = DateTimeOffset.MinValue,
            Clock = DateTimeOffset.MaxValue,
            Heard = [new HeardHost("slave", TimeSpan.MaxValue)],
        };
        var watch = Watch("master");
        await watch.AskOnceAsync(CancellationToken.None);
        _clock.Advance(TimeSpan.FromMinutes(2));
        await watch.AskOnceAsync(CancellationToken.None);

        Assert.True(watch.Look(Host("backup")).Age > TimeSpan.FromDays(3649));
        Assert.StartsWith("slave does not answer (last seen ", watch.Look(Host("slave")).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_command_hears_from_those_who_answer_when_the_one_that_does_not_was_last_seen()
    {
        _told.Answers["backup"] = Report("backup") with { Heard = [new HeardHost("slave", TimeSpan.FromMinutes(5))] };
        _told.Answers["master"] = Report("master") with { Heard = [new HeardHost("slave", TimeSpan.FromMinutes(3))] };
        var watch = new PeerWatch(_model, "backup", _told, _clock) { AsksOwnAgent = true };
        await watch.AskOnceAsync(CancellationToken.None);

        var sight = watch.Look(Host("slave"));
        Assert.Null(sight.Report);
        Assert.Equal(TimeSpan.FromMinutes(3), sight.Age);
        Assert.Equal("slave does not answer (last seen 2026-11-23 08:57:00 UTC)", sight.Problem);
        Assert.Null(watch.OwnAgent!.Problem);
    }

    [Fact]
    public async Task Of_a_host_that_nobody_has_seen_there_is_no_age_and_a_command_tells_that_its_own_agent_is_silent()
    {
        var watch = new PeerWatch(_model, "backup", _told, _clock) { AsksOwnAgent = true };
        await watch.AskOnceAsync(CancellationToken.None);
        Assert.Equal(new PeerSight(null, null, "slave does not answer"), watch.Look(Host("slave")));
        Assert.Equal("backup does not answer", watch.OwnAgent!.Problem);
        Assert.Null(Watch("backup").OwnAgent);
    }

    private PeerWatch Watch(string self) => new(_model, self, _told, _clock);

    private HostModel Host(string name) => _model.FindHost(name)!;

    private static HostReport Report(string host) =>
        new() { Host = host, Version = "1", At = Beginning, Clock = Beginning, Nodes = [] };

    /// <summary>What hosts answer; those that are not in it do not.</summary>
    private sealed class Told : UnusedChannel
    {
        public Dictionary<string, HostReport> Answers { get; } = new(StringComparer.Ordinal);

        public override Task<HostReport> ReadReportAsync(HostModel host, CancellationToken cancellationToken) =>
            Answers.TryGetValue(host.Name, out var report)
                ? Task.FromResult(report)
                : Task.FromException<HostReport>(
                    new OperationException(ErrorCodes.AgentUnreachable, $"{host.Name} does not answer"));
    }
}
