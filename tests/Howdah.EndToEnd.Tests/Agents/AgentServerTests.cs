using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Howdah.Cluster.Agents;
using Howdah.Cluster.Planning;
using Howdah.Cluster.Trust;
using Howdah.Core.Errors;
using Howdah.Integration.Tests.Fixtures;
using Microsoft.Extensions.Time.Testing;

namespace Howdah.EndToEnd.Tests.Agents;

/// <summary>Who may do what on an agent's port.</summary>
public sealed class AgentServerTests
{
    [Fact]
    public async Task A_member_may_read_reports_and_the_cluster_file_and_offer_a_newer_one()
    {
        await using var scene = await new AgentScene().StartAsync();
        var client = scene.ClientOf("beta");

        Assert.Equal("alpha", (await client.ReadReportAsync(AgentScene.Server, TestEnvironment.Stop)).Host);
        Assert.Equal(7, (await client.ReadClusterFileAsync(AgentScene.Server, TestEnvironment.Stop)).Revision);
        await client.WriteClusterFileAsync(AgentScene.Server, new ClusterFileRevision(8, "new", null), TestEnvironment.Stop);
        Assert.Equal("new", Assert.Single(scene.Service.Taken).Text);
        Assert.Contains("<6>revision 8 of the cluster file came from beta\n", scene.Log);
        var old = await Assert.ThrowsAsync<OperationException>(
            () => client.WriteClusterFileAsync(AgentScene.Server, new ClusterFileRevision(7, "old", null), TestEnvironment.Stop));
        Assert.Equal((ErrorCodes.Refused, "alpha: revision 7 is not newer than 7"), (old.Code, old.Message));
    }

    [Fact]
    public async Task A_member_may_ask_what_a_host_would_do_by_another_file()
    {
        await using var scene = await new AgentScene().StartAsync();
        var plan = await scene.ClientOf("beta").PlanAsync(AgentScene.Server, "[cluster]\n", TestEnvironment.Stop);
        var step = Assert.Single(plan.Steps);
        Assert.Equal(("[cluster]\n", "alpha", "it was asked for"), (step.Text, step.Host, step.Reason));
        Assert.Equal(new PlanObstacle("alpha", "something", "do something"), Assert.Single(plan.Obstacles));
        Assert.Empty(scene.Service.Taken);
    }

    [Fact]
    public async Task A_member_renews_its_own_certificate_whatever_name_it_asks_for()
    {
        await using var scene = await new AgentScene().StartAsync();
        var client = scene.ClientOf("beta");
        var paths = scene.PathsIn("beta-root").Trust;
        var request = HostKeyPair.CreateRequest(paths, "gamma");

        HostKeyPair.Install(paths, await client.RenewAsync(AgentScene.Server, request, TestEnvironment.Stop), scene.Time);

        Assert.Equal(["beta"], scene.Service.Renewed);
        using var renewed = HostKeyPair.Load(paths);
        Assert.Equal("CN=beta", renewed.Subject);
    }

    public static TheoryData<string, string> ForMembers => new()
    {
        { "GET", AgentPaths.Report },
        { "GET", AgentPaths.ClusterFile },
        { "PUT", AgentPaths.ClusterFile },
        { "POST", AgentPaths.Plan },
        { "POST", AgentPaths.Renew },
        { "POST", AgentPaths.Commands },
    };

    [Theory]
    [MemberData(nameof(ForMembers))]
    [InlineData("GET", "/status")]
    [InlineData("GET", "/metrics")]
    public async Task A_stranger_is_refused_before_its_body_is_read(string method, string path)
    {
        await using var scene = await new AgentScene().StartAsync();
        var stream = await scene.OpenAsync();

        // A body is announced and never sent.
        await stream.WriteAsync(
            Encoding.ASCII.GetBytes($"{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n"), TestEnvironment.Stop);

        var answer = await ReadAnswerAsync(stream);
        Assert.StartsWith("HTTP/1.1 403 ", answer);
        Assert.Contains("\"code\":\"certificate-refused\"", answer);
        Assert.Empty(scene.Service.Taken);
    }

    [Theory]
    [InlineData("GET", "/")]
    [InlineData("GET", "/v1/nothing")]
    [InlineData("POST", AgentPaths.Report)]
    [InlineData("GET", AgentPaths.Join)]
    public async Task What_is_not_there_is_not_found(string method, string path)
    {
        await using var scene = await new AgentScene().StartAsync();
        using var request = new HttpRequestMessage(new HttpMethod(method), path);

        using var response = await scene.Browser(scene.Certificate("beta")).SendAsync(request, TestEnvironment.Stop);

        Assert.Equal((HttpStatusCode.NotFound, 0), (response.StatusCode, response.Content.Headers.ContentLength));
        Assert.False(response.Headers.Contains("Server"));
    }

    [Theory]
    [MemberData(nameof(ForMembers))]
    public async Task An_open_status_opens_nothing_else(string method, string path)
    {
        await using var scene = await new AgentScene(agentSection: "status = \"open\"").StartAsync();
        using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = new StringContent("{}") };
        using var response = await scene.Browser().SendAsync(request, TestEnvironment.Stop);
        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        Assert.Empty(scene.Service.Taken);
    }

    [Fact]
    public async Task Status_and_metrics_are_open_where_the_cluster_file_says_so()
    {
        await using var scene = await new AgentScene(agentSection: "status = \"open\"").StartAsync();
        var stranger = scene.Browser();

        using var status = JsonDocument.Parse(await stranger.GetStringAsync("/status", TestEnvironment.Stop));
        Assert.Equal("unknown", status.RootElement.GetProperty("protected").GetString());
        Assert.Contains("\nhowdah_protected{cluster=\"demo\"} 0\n", await stranger.GetStringAsync("/metrics", TestEnvironment.Stop));
        Assert.Equal(
            HttpStatusCode.OK, (await scene.Browser(scene.Certificate("beta")).GetAsync("/status", TestEnvironment.Stop)).StatusCode);
    }

    [Fact]
    public async Task A_host_of_another_cluster_is_refused_with_one_line_a_minute()
    {
        await using var foreign = new AgentScene();
        await using var scene = await new AgentScene().StartAsync();

        for (var i = 0; i < 3; i++)
            Assert.Null(await scene.TryReportAsync(foreign.Certificate("beta")));

        Assert.Matches(@"^<4>refused a connection from 127\.0\.0\.1: the certificate \(SHA-256 \w+\) is not signed by this cluster's CA\n$", scene.Log);
    }

    [Fact]
    public async Task An_expired_certificate_is_refused()
    {
        var clock = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var scene = await new AgentScene(clock).StartAsync();
        var certificate = scene.Certificate("beta", TimeSpan.FromDays(1));
        Assert.Equal(HttpStatusCode.OK, await scene.TryReportAsync(certificate));

        clock.Advance(TimeSpan.FromDays(2));

        Assert.Null(await scene.TryReportAsync(certificate));
        Assert.Contains("the certificate of beta expired on", scene.Log);
    }

    [Fact]
    public async Task A_revoked_certificate_is_refused_without_a_restart_also_on_an_open_connection()
    {
        await using var scene = await new AgentScene().StartAsync();
        var certificate = scene.Certificate("beta");
        var open = scene.Browser(certificate);
        Assert.Equal(HttpStatusCode.OK, (await open.GetAsync(AgentPaths.Report, TestEnvironment.Stop)).StatusCode);

        RevocationList.Extend(
            scene.Trust, RevocationList.Empty.Add(new RevokedCertificate(certificate.SerialNumber, "beta", DateTimeOffset.UtcNow)));

        Assert.Equal(HttpStatusCode.Forbidden, (await open.GetAsync(AgentPaths.Report, TestEnvironment.Stop)).StatusCode);
        Assert.Null(await scene.TryReportAsync(certificate));
        Assert.Equal(HttpStatusCode.OK, await scene.TryReportAsync(scene.Certificate("gamma")));
        File.Delete(scene.Trust.Revoked);
        Assert.Null(await scene.TryReportAsync(certificate));
    }

    [Fact]
    public async Task A_list_of_revoked_certificates_that_cannot_be_read_leaves_the_last_that_could()
    {
        await using var scene = await new AgentScene().StartAsync();
        var certificate = scene.Certificate("beta");
        RevocationList.Extend(
            scene.Trust, RevocationList.Empty.Add(new RevokedCertificate(certificate.SerialNumber, "beta", DateTimeOffset.UtcNow)));
        Assert.Null(await scene.TryReportAsync(certificate));

        File.WriteAllText(scene.Trust.Revoked, "nonsense");

        Assert.Null(await scene.TryReportAsync(certificate));
        Assert.Equal(HttpStatusCode.OK, await scene.TryReportAsync(scene.Certificate("gamma")));
        Assert.Contains("<3>[704] trust-file-invalid: ", scene.Log);
    }

    [Fact]
    public async Task A_new_certificate_of_the_host_is_used_without_a_restart()
    {
        await using var scene = await new AgentScene().StartAsync();
        List<string> served = [];
        await scene.Browser(served: server => served.Add(server.GetSerialNumberString())).GetAsync("/", TestEnvironment.Stop);

        var renewed = scene.Authority.Sign(
            HostKeyPair.CreateRequest(scene.Trust, "alpha"), new HostIdentity("alpha", ["127.0.0.1"]), scene.Time);
        HostKeyPair.Install(scene.Trust, renewed, scene.Time);
        await scene.Browser(served: server => served.Add(server.GetSerialNumberString())).GetAsync("/", TestEnvironment.Stop);

        using var now = HostKeyPair.Load(scene.Trust);
        Assert.Equal(2, served.Distinct().Count());
        Assert.Equal(now.SerialNumber, served[1]);
    }

    [Fact]
    public async Task A_client_shows_a_new_certificate_of_its_host_from_the_next_call_on()
    {
        await using var scene = await new AgentScene().StartAsync();
        var client = scene.ClientOf("beta");
        await client.ReadReportAsync(AgentScene.Server, TestEnvironment.Stop);
        var paths = scene.PathsIn("beta-root").Trust;
        using (var old = HostKeyPair.Load(paths))
        {
            RevocationList.Extend(
                scene.Trust, RevocationList.Empty.Add(new RevokedCertificate(old.SerialNumber, "beta", DateTimeOffset.UtcNow)));
        }

        await Assert.ThrowsAsync<OperationException>(() => client.ReadReportAsync(AgentScene.Server, TestEnvironment.Stop));
        var renewed = scene.Authority.Sign(
            HostKeyPair.CreateRequest(paths, "beta"), new HostIdentity("beta", ["127.0.0.1"]), scene.Time);
        HostKeyPair.Install(paths, renewed, scene.Time);

        Assert.Equal("alpha", (await client.ReadReportAsync(AgentScene.Server, TestEnvironment.Stop)).Host);
    }

    [Theory]
    [InlineData("refused", 409)]
    [InlineData("locked", 409)]
    [InlineData("token-used", 403)]
    [InlineData("node-not-found", 404)]
    [InlineData("configuration-invalid", 400)]
    [InlineData("agent-unreachable", 503)]
    [InlineData("file-format-invalid", 500)]
    public async Task An_error_of_operation_comes_back_with_its_code_and_a_fitting_status(string name, int status)
    {
        await using var scene = await new AgentScene().StartAsync();
        var code = ErrorCodes.All.Single(known => known.Name == name);
        scene.Service.Failure = new OperationException(code, "what was seen", "what to do");

        using var response = await scene.Browser(scene.Certificate("beta")).GetAsync(AgentPaths.Report, TestEnvironment.Stop);

        var refusal = await response.Content.ReadFromJsonAsync(AgentJson.Default.AgentRefusal, TestEnvironment.Stop);
        Assert.Equal((status, new AgentRefusal(name, "what was seen", "what to do")), ((int)response.StatusCode, refusal));
    }

    [Fact]
    public async Task A_bug_is_logged_once_and_tells_the_caller_nothing()
    {
        await using var scene = await new AgentScene().StartAsync();
        scene.Service.Failure = new InvalidOperationException("inside");

        using var response = await scene.Browser(scene.Certificate("beta")).GetAsync(AgentPaths.Report, TestEnvironment.Stop);

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        Assert.DoesNotContain("inside", await response.Content.ReadAsStringAsync(TestEnvironment.Stop));
        Assert.StartsWith("<3>a bug, answering GET /v1/report: System.InvalidOperationException: inside", scene.Log);
        Assert.Single(scene.Log.TrimEnd('\n').Split('\n'));
    }

    [Fact]
    public async Task A_taken_port_is_one_clear_error()
    {
        await using var scene = new AgentScene();
        using var taken = new TcpListener(IPAddress.Loopback, scene.Port);
        taken.Start();

        var failure = await Assert.ThrowsAsync<OperationException>(scene.StartAsync);

        Assert.Equal((ErrorCodes.Locked, $"listening on 127.0.0.1:{scene.Port}: the port is taken"), (failure.Code, failure.Message));
    }

    [Fact]
    public async Task The_server_follows_the_cluster_file_to_another_port()
    {
        await using var scene = await new AgentScene().StartAsync();
        var before = scene.Port;
        var port = FreePort.Next();

        scene.Service.Model = scene.Model with { Agent = scene.Model.Agent with { Port = port } };

        await AwaitAnswerAsync(scene, port);
        await Assert.ThrowsAsync<HttpRequestException>(
            () => scene.Browser().GetAsync($"https://127.0.0.1:{before}/", TestEnvironment.Stop));
        await scene.StopAsync();
    }

    [Fact]
    public async Task A_move_to_a_port_that_is_taken_is_told_once_and_tried_until_it_is_free()
    {
        await using var scene = await new AgentScene().StartAsync();
        var port = FreePort.Next();
        using (var taken = new TcpListener(IPAddress.Loopback, port))
        {
            taken.Start();
            scene.Service.Model = scene.Model with { Agent = scene.Model.Agent with { Port = port } };
            await TestWait.UntilAsync("it is told", () => scene.Log.Contains("the port is taken", StringComparison.Ordinal));
        }

        await AwaitAnswerAsync(scene, port);
        Assert.Single(scene.Log.Split('\n'), line => line.Contains("the port is taken", StringComparison.Ordinal));
        await scene.StopAsync();
    }

    private static async Task AwaitAnswerAsync(AgentScene scene, int port)
    {
        var client = scene.Browser();
        await TestWait.UntilAsync("an answer on the new port", async () =>
        {
            try
            {
                return (await client.GetAsync($"https://127.0.0.1:{port}/", TestEnvironment.Stop)).StatusCode == HttpStatusCode.NotFound;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        });
    }

    internal static async Task<string> ReadAnswerAsync(Stream stream)
    {
        var answer = new StringBuilder();
        var buffer = new byte[4096];
        while (!answer.ToString().EndsWith('}'))
        {
            var count = await stream.ReadAsync(buffer, TestEnvironment.Stop);
            Assert.True(count > 0, answer.ToString());
            answer.Append(Encoding.ASCII.GetString(buffer, 0, count));
        }

        return answer.ToString();
    }

    internal static async Task<string> ReadToEndAsync(Stream stream)
    {
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync(TestEnvironment.Stop);
    }
}
