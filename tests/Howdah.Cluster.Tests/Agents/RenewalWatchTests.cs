using Howdah.Cluster.Agents;
using Howdah.Cluster.Observation;
using Howdah.Cluster.Trust;
using Howdah.Core.Errors;
using Howdah.Storage;

namespace Howdah.Cluster.Tests.Agents;

/// <summary>A host's certificate through the years, by a clock that the test moves.</summary>
public sealed class RenewalWatchTests : IDisposable
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly AgentHosts _hosts = new();
    private readonly Hearing _heard = new();
    private readonly CancellationTokenSource _stop = new();

    public void Dispose()
    {
        _stop.Dispose();
        _hosts.Dispose();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(240)]
    public async Task A_young_certificate_is_left_alone(int days)
    {
        _hosts.Clock.Advance(TimeSpan.FromDays(days));
        var before = _hosts.CertificateOf("slave");
        await WatchAsync("slave", looks: 3);
        Assert.Equal(before, _hosts.CertificateOf("slave"));
        Assert.Empty(_hosts.Asked);
    }

    [Fact]
    public async Task A_certificate_with_less_than_a_third_left_is_renewed_at_the_first_look()
    {
        var before = _hosts.CertificateOf("slave");
        _hosts.Clock.Advance(TimeSpan.FromDays(250));
        await WatchAsync("slave", looks: 1);
        var after = _hosts.CertificateOf("slave");
        Assert.NotEqual(before.Serial, after.Serial);
        Assert.Equal(AgentHosts.Beginning.AddDays(250 + 365), after.End);
        Assert.Equal(["master"], _hosts.Asked);
        Assert.Equal("this host has a new certificate, good until 2028-07-30", Assert.Single(_heard.Announcements).Text);
    }

    [Fact]
    public async Task A_host_that_nobody_turns_off_has_a_good_certificate_for_years()
    {
        var watching = Watch("slave");
        for (var day = 0; day < 3 * 365; day++)
        {
            Advance(TimeSpan.FromDays(1));
            Assert.True(_hosts.CertificateOf("slave").End - _hosts.Clock.GetUtcNow() > TimeSpan.FromDays(120));
        }

        await EndAsync(watching);
        Assert.Equal(4, _hosts.Asked.Count);
    }

    [Fact]
    public async Task The_host_with_the_authority_signs_for_itself_also_when_its_own_has_expired()
    {
        _hosts.Clock.Advance(TimeSpan.FromDays(400));
        await WatchAsync("master", looks: 1);
        Assert.True(_hosts.CertificateOf("master").End > _hosts.Clock.GetUtcNow());
        Assert.Empty(_hosts.Asked);
    }

    [Fact]
    public async Task All_members_are_asked_and_the_failure_of_the_one_that_may_have_the_key_is_told_once_and_noted()
    {
        _hosts.Clock.Advance(TimeSpan.FromDays(250));
        _hosts.Failures["master"] = new OperationException(ErrorCodes.AgentUnreachable, "the agent of master cannot be reached");
        _hosts.Failures["backup"] = AgentHosts.NoKey;
        var before = _hosts.CertificateOf("slave");

        await WatchAsync("slave", looks: 3);

        Assert.Equal(["master", "backup"], _hosts.Asked.Take(2));
        Assert.Equal(before, _hosts.CertificateOf("slave"));
        Assert.Equal(
            "this host's certificate could not be renewed: the agent of master cannot be reached", Assert.Single(_heard.Announcements).Text);
        Assert.Equal("the agent of master cannot be reached", OwnCertificate.Find(_hosts.ModelOf("slave").Paths)!.RenewalFailure);
    }

    [Fact]
    public async Task A_failed_renewal_is_tried_again_after_a_growing_pause_and_forgotten_once_it_succeeds()
    {
        _hosts.Clock.Advance(TimeSpan.FromDays(250));
        _hosts.Failures["master"] = new OperationException(ErrorCodes.AgentUnreachable, "down");
        _hosts.Failures["backup"] = AgentHosts.NoKey;
        var watching = Watch("slave");
        for (var minute = 0; minute < 24 * 60; minute++)
            Advance(Minute);
        // At 0, 1, 3, 7, 15, 31 and 63 minutes, and from then on once an hour.
        Assert.Equal(7 + 22, _hosts.Asked.Count(host => host == "master"));

        _hosts.Failures.Clear();
        _hosts.Failures["backup"] = AgentHosts.NoKey;
        for (var minute = 0; minute < 61; minute++)
            Advance(Minute);
        await EndAsync(watching);

        Assert.Null(OwnCertificate.Find(_hosts.ModelOf("slave").Paths)!.RenewalFailure);
        Assert.Equal(AgentHosts.Beginning.AddDays(251 + 365), _hosts.CertificateOf("slave").End, TimeSpan.FromHours(1));
    }

    [Fact]
    public async Task A_host_that_was_brought_in_again_by_hand_has_no_failure_any_more()
    {
        _hosts.Clock.Advance(TimeSpan.FromDays(400));
        var paths = _hosts.ModelOf("slave").Paths;
        new ClusterStateFiles(paths).WriteRenewalFailure(new RenewalFailure(_hosts.Clock.GetUtcNow(), "expired"));
        HostKeyPair.Install(
            paths.Trust, _hosts.Admit("slave", HostKeyPair.CreateRequest(paths.Trust, "slave")).Certificate, _hosts.Clock);

        await WatchAsync("slave", looks: 1);

        Assert.Null(OwnCertificate.Find(paths)!.RenewalFailure);
    }

    [Fact]
    public async Task While_another_process_renews_nothing_is_asked_for()
    {
        _hosts.Clock.Advance(TimeSpan.FromDays(250));
        using var held = FileLock.Acquire(_hosts.ModelOf("slave").Paths.Trust.RenewalLock, "a test");
        await WatchAsync("slave", looks: 1);
        Assert.Empty(_hosts.Asked);
    }

    [Fact]
    public async Task What_none_of_the_others_can_sign_is_told_as_such()
    {
        _hosts.Failures["master"] = _hosts.Failures["backup"] = AgentHosts.NoKey;
        var renewal = new CertificateRenewal(_hosts.ModelOf("slave"), "slave", _hosts, _hosts.Clock);
        var failure = await Assert.ThrowsAsync<OperationException>(() => renewal.RunAsync(TestContext.Current.CancellationToken));
        Assert.Equal(ErrorCodes.AuthorityMissing, failure.Code);
        Assert.Contains("none of the other hosts has the key", failure.Message, StringComparison.Ordinal);
    }

    private async Task WatchAsync(string host, int looks)
    {
        var watching = Watch(host);
        for (var i = 1; i < looks; i++)
            Advance(TimeSpan.FromHours(1));
        await EndAsync(watching);
    }

    /// <summary>Its first look is over when this returns, and each later one when the clock has been moved.</summary>
    private Task Watch(string host)
    {
        var watching = Task.CompletedTask;
        InlineContinuations.Run(() => watching = new RenewalWatch(_hosts.ModelOf(host), EnvironmentOf(host), _hosts).RunAsync(_stop.Token));
        return watching;
    }

    private void Advance(TimeSpan time) => InlineContinuations.Run(() => _hosts.Clock.Advance(time));

    private async Task EndAsync(Task watching)
    {
        await _stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => watching);
    }

    private ClusterEnvironment EnvironmentOf(string host) => new() { Time = _hosts.Clock, Observer = _heard, Host = host };
}
