using Howdah.Cluster.Trust;

namespace Howdah.Cluster.Tests.Trust;

/// <summary>Real handshakes over loopback, both ends with the validator.</summary>
public sealed class TlsTests : IDisposable
{
    private readonly TrustScene _scene = new();
    private readonly PeerValidator _validator;

    public TlsTests() => _validator = PeerValidator.Open(_scene.Paths);

    // With TLS 1.3 a client judges the server when it has sent its own certificate: the server may have accepted that by then, or not.
    private static PeerRefusal? ServerMayHaveSeenNothing => null;

    public void Dispose()
    {
        _validator.Dispose();
        _scene.Dispose();
    }

    [Fact]
    public async Task Two_hosts_of_the_cluster_know_each_other()
    {
        using var meeting = Meet("master.local", "slave.local");
        await meeting.RunAsync();
        Assert.Equal("slave.local", meeting.ServerSaw?.HostName);
        Assert.Equal("master.local", meeting.ClientSaw?.HostName);
        Assert.True(meeting.Talked);
    }

    [Fact]
    public async Task A_client_of_another_CA_gets_nowhere()
    {
        using var stranger = new TrustScene();
        using var meeting = Meet("master.local", null);
        meeting.Client = stranger.Certificate("slave.local");
        await meeting.RunAsync();
        Expect(meeting, PeerRefusal.UnknownAuthority, PeerRefusal.None);
    }

    [Fact]
    public async Task A_server_of_another_CA_is_left()
    {
        using var stranger = new TrustScene();
        using var meeting = Meet("master.local", "slave.local");
        meeting.Server = stranger.Certificate("master.local");
        await meeting.RunAsync();
        Expect(meeting, ServerMayHaveSeenNothing, PeerRefusal.UnknownAuthority);
    }

    [Fact]
    public async Task A_client_without_a_certificate_gets_nowhere()
    {
        using var meeting = Meet("master.local", null);
        await meeting.RunAsync();
        Expect(meeting, PeerRefusal.NoCertificate, PeerRefusal.None);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_expired_certificate_is_refused_at_both_ends(bool isServer)
    {
        using var meeting = Meet("master.local", "slave.local", TimeSpan.FromHours(1), isServer);
        _scene.Clock.Advance(TimeSpan.FromHours(2));
        await meeting.RunAsync();
        Expect(meeting, isServer ? ServerMayHaveSeenNothing : PeerRefusal.Expired, isServer ? PeerRefusal.Expired : PeerRefusal.None);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_revoked_certificate_is_refused_at_both_ends(bool isServer)
    {
        using var meeting = Meet("master.local", "slave.local");
        var revoked = isServer ? meeting.Server : meeting.Client;
        _validator.Revoked = RevocationList.Empty.Add(new RevokedCertificate(revoked!.SerialNumber, "lost", TrustScene.Beginning));
        await meeting.RunAsync();
        Expect(meeting, isServer ? ServerMayHaveSeenNothing : PeerRefusal.Revoked, isServer ? PeerRefusal.Revoked : PeerRefusal.None);
    }

    [Fact]
    public async Task A_server_that_is_another_host_than_expected_is_left()
    {
        using var meeting = Meet("backup.local", "slave.local");
        meeting.ExpectedServer = "master.local";
        await meeting.RunAsync();
        Expect(meeting, ServerMayHaveSeenNothing, PeerRefusal.OtherHost);
        Assert.Equal("the certificate is for backup.local, not for master.local", meeting.ClientSaw!.Reason);
    }

    private TlsMeeting Meet(string server, string? client, TimeSpan? lifetime = null, bool isServer = false) =>
        new(_validator, _scene.Clock)
        {
            Server = _scene.Certificate(server, isServer ? lifetime : null),
            Client = client is null ? null : _scene.Certificate(client, isServer ? null : lifetime),
            ExpectedServer = server,
        };

    private static void Expect(TlsMeeting meeting, PeerRefusal? serverSaw, PeerRefusal clientSaw)
    {
        if (serverSaw is { } expected)
            Assert.Equal(expected, meeting.ServerSaw?.Refusal);
        Assert.Equal(clientSaw, meeting.ClientSaw?.Refusal);
        Assert.False(meeting.Talked);
    }
}
