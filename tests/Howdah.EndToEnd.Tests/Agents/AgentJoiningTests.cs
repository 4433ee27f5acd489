using System.Net;
using System.Net.Http.Json;
using Howdah.Cluster.Agents;
using Howdah.Cluster.Configuration;
using Howdah.Cluster.Trust;
using Howdah.Core.Errors;
using Howdah.Integration.Tests.Fixtures;
using Microsoft.Extensions.Time.Testing;

namespace Howdah.EndToEnd.Tests.Agents;

/// <summary>A new host comes in, and others do not.</summary>
public sealed class AgentJoiningTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [Fact]
    public async Task A_host_with_a_token_joins_and_is_a_member_then()
    {
        await using var scene = await new AgentScene().StartAsync();
        var token = new TokenStore(scene.Trust).Issue("beta", Hour, scene.Time);

        var (cluster, paths) = await JoinAsync(scene, token, "beta-root");

        Assert.Equal("demo", cluster);
        Assert.Equal("[cluster]\n", File.ReadAllText(paths.ClusterFile));
        using var certificate = HostKeyPair.Load(paths.Trust);
        Assert.Equal(HttpStatusCode.OK, await scene.TryReportAsync(certificate));
        Assert.Equal("<6>beta joined from 127.0.0.1\n", scene.Log);
    }

    [Fact]
    public async Task A_token_works_once()
    {
        await using var scene = await new AgentScene().StartAsync();
        var token = new TokenStore(scene.Trust).Issue("beta", Hour, scene.Time);
        await JoinAsync(scene, token, "beta-root");

        var failure = await Assert.ThrowsAsync<OperationException>(() => JoinAsync(scene, token, "thief-root"));

        Assert.Equal(ErrorCodes.TokenUsed, failure.Code);
        Assert.False(Directory.Exists(scene.PathOf("thief-root")));
        Assert.Contains("<4>beta failed to join from 127.0.0.1: [711] token-used: ", scene.Log);
        Assert.DoesNotContain(token.Secret.Reveal(), scene.Log);
    }

    [Fact]
    public async Task A_host_of_the_cluster_joins_again_and_keeps_what_it_has()
    {
        await using var scene = await new AgentScene().StartAsync();
        var (_, paths) = await JoinAsync(scene, new TokenStore(scene.Trust).Issue("beta", Hour, scene.Time), "beta-root");
        using var old = HostKeyPair.Load(paths.Trust);
        RevocationList.Extend(
            scene.Trust, RevocationList.Empty.Add(new RevokedCertificate(old.SerialNumber, "beta", DateTimeOffset.UtcNow)));
        Directory.CreateDirectory(Path.Combine(paths.NodesDirectory, "beta"));
        File.WriteAllText(Path.Combine(paths.NodesDirectory, "beta", "kept"), "data");
        // As it goes by its own file: the agent takes a newer one itself.
        new ClusterFileStore(paths).Install(new ClusterFileRevision(9, "[cluster] # its own\n"));
        var secrets = Directory.GetFiles(paths.SecretsDirectory).ToDictionary(file => file, File.ReadAllText);

        await JoinAsync(scene, new TokenStore(scene.Trust).Issue("beta", Hour, scene.Time), "beta-root");

        using var renewed = HostKeyPair.Load(paths.Trust);
        Assert.Equal(HttpStatusCode.OK, await scene.TryReportAsync(renewed));
        Assert.Null(await scene.TryReportAsync(old));
        Assert.Equal("data", File.ReadAllText(Path.Combine(paths.NodesDirectory, "beta", "kept")));
        Assert.Equal((9, "[cluster] # its own\n"), (new ClusterFileStore(paths).Read()!.Revision, File.ReadAllText(paths.ClusterFile)));
        Assert.All(secrets, secret => Assert.Equal(secret.Value, File.ReadAllText(secret.Key)));
    }

    [Fact]
    public async Task A_directory_of_another_host_or_cluster_is_left_as_it_is()
    {
        await using var scene = await new AgentScene().StartAsync();
        var (_, paths) = await JoinAsync(scene, new TokenStore(scene.Trust).Issue("beta", Hour, scene.Time), "beta-root");
        var before = File.ReadAllText(paths.Trust.HostPair);

        var other = await Assert.ThrowsAsync<OperationException>(
            () => JoinAsync(scene, new TokenStore(scene.Trust).Issue("gamma", Hour, scene.Time), "beta-root"));
        await using var foreign = await new AgentScene().StartAsync();
        var stranger = await Assert.ThrowsAsync<OperationException>(() => new Joining(foreign.Time).RunAsync(
            new MemberAddress("127.0.0.1", foreign.Port), new TokenStore(foreign.Trust).Issue("beta", Hour, foreign.Time), _ => paths,
            TestEnvironment.Stop));

        Assert.Equal((ErrorCodes.Refused, ErrorCodes.Refused), (other.Code, stranger.Code));
        Assert.Contains("is of beta, and the token is for gamma", other.Message, StringComparison.Ordinal);
        Assert.Contains("of another cluster", stranger.Message, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllText(paths.Trust.HostPair));
    }

    [Fact]
    public async Task Nobody_sends_a_token_to_a_server_of_another_cluster()
    {
        await using var foreign = new AgentScene();
        await using var scene = await new AgentScene().StartAsync();
        var token = new TokenStore(foreign.Trust).Issue("beta", Hour, foreign.Time);

        var failure = await Assert.ThrowsAsync<OperationException>(() => JoinAsync(scene, token, "beta-root"));

        Assert.Equal(ErrorCodes.AuthorityMismatch, failure.Code);
        Assert.Equal("", scene.Log);
    }

    [Fact]
    public async Task Nobody_sends_a_token_to_a_server_that_only_shows_the_right_authority()
    {
        await using var scene = new AgentScene();
        await using var impostor = new AgentScene();
        // It has the authority's certificate, which is public, and neither its key nor a certificate that it signed.
        File.Copy(scene.Trust.CaCertificate, impostor.Trust.CaCertificate, overwrite: true);
        await impostor.StartAsync();
        var token = new TokenStore(scene.Trust).Issue("beta", Hour, scene.Time);

        var failure = await Assert.ThrowsAsync<OperationException>(() => JoinAsync(impostor, token, "beta-root"));

        Assert.Equal(ErrorCodes.AuthorityMismatch, failure.Code);
        Assert.Contains("is not signed by this cluster's CA", failure.Message);
        Assert.Equal("", impostor.Log);
    }

    /// <summary>A revoked host has a certificate of the right authority, and who joins knows of no revocation.</summary>
    [Fact]
    public async Task Nobody_sends_a_token_to_another_host_than_the_one_that_issued_it()
    {
        await using var scene = new AgentScene();
        await using var other = new AgentScene();
        File.Copy(scene.Trust.CaCertificate, other.Trust.CaCertificate, overwrite: true);
        var request = HostKeyPair.CreateRequest(other.Trust, "gamma");
        HostKeyPair.Install(other.Trust, scene.Authority.Sign(request, new HostIdentity("gamma", ["127.0.0.1"]), scene.Time), scene.Time);
        await other.StartAsync();
        var token = new TokenStore(scene.Trust).Issue("beta", Hour, scene.Time);

        var failure = await Assert.ThrowsAsync<OperationException>(() => JoinAsync(other, token, "beta-root"));

        Assert.Equal(ErrorCodes.AuthorityMismatch, failure.Code);
        Assert.Contains("gamma", failure.Message, StringComparison.Ordinal);
        Assert.Contains("issued by alpha", failure.Hint, StringComparison.Ordinal);
        Assert.Equal("", other.Log);
    }

    [Fact]
    public async Task After_ten_failures_in_a_minute_nobody_is_let_in_for_a_minute()
    {
        var clock = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var scene = await new AgentScene(clock).StartAsync();
        var guesser = scene.Browser();

        for (var i = 0; i < 10; i++)
            Assert.Equal(HttpStatusCode.Forbidden, (await GuessAsync(guesser)).StatusCode);
        using var closed = await GuessAsync(guesser);

        Assert.Equal(HttpStatusCode.TooManyRequests, closed.StatusCode);
        var token = new TokenStore(scene.Trust).Issue("beta", Hour, clock);
        var early = await Assert.ThrowsAsync<OperationException>(() => JoinAsync(scene, token, "beta-root"));
        Assert.Equal(ErrorCodes.TrustLimitReached, early.Code);
        clock.Advance(TimeSpan.FromMinutes(1));
        await JoinAsync(scene, token, "beta-root");
        Assert.Equal(10, scene.Log.Split('\n').Count(line => line.Contains("failed to join from 127.0.0.1: [709] token-unknown")));
    }

    [Fact]
    public async Task A_name_in_a_request_writes_no_lines_of_ours()
    {
        await using var scene = await new AgentScene().StartAsync();

        await GuessAsync(scene.Browser(), "beta\n<3>gone");

        Assert.StartsWith("<4>a host unknown failed to join from 127.0.0.1: ", scene.Log);
        Assert.Single(scene.Log.TrimEnd('\n').Split('\n'));
    }

    private static Task<(string Cluster, ClusterPaths Paths)> JoinAsync(
        AgentScene scene, JoinToken token, string root) =>
        new Joining(scene.Time).RunAsync(
            new MemberAddress("127.0.0.1", scene.Port), token, _ => scene.PathsIn(root), TestEnvironment.Stop);

    private static Task<HttpResponseMessage> GuessAsync(HttpClient client, string host = "beta") => client.PostAsync(
        AgentPaths.Join,
        JsonContent.Create(new JoinRequest(host, "guess", "none"), AgentJson.Default.JoinRequest),
        TestEnvironment.Stop);
}
