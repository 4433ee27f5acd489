using System.Net;
using System.Net.Sockets;
using System.Text;
using Howdah.Cluster.Agents;
using Howdah.Daemon;
using Howdah.Integration.Tests.Fixtures;

namespace Howdah.EndToEnd.Tests.Agents;

/// <summary>A stranger on the port costs nothing, and keeps nobody out.</summary>
public sealed class AgentLimitsTests
{
    private static readonly AgentServerLimits Short = new() { Header = TimeSpan.FromSeconds(1), KeepAlive = TimeSpan.FromSeconds(1) };

    [Theory]
    [InlineData("PUT", AgentPaths.ClusterFile, (1 << 20) + 1)]
    [InlineData("POST", AgentPaths.Join, (64 << 10) + 1)]
    public async Task A_body_that_is_too_long_is_refused_before_it_comes(string method, string path, int length)
    {
        await using var scene = await new AgentScene().StartAsync();
        var stream = await scene.OpenAsync(scene.Certificate("beta"));

        await stream.WriteAsync(
            Encoding.ASCII.GetBytes($"{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n"), TestEnvironment.Stop);

        Assert.StartsWith("HTTP/1.1 413 ", await AgentServerTests.ReadAnswerAsync(stream));
    }

    [Fact]
    public async Task A_body_that_is_no_json_is_refused()
    {
        await using var scene = await new AgentScene().StartAsync();
        using var body = new StringContent("{\"revision\":");

        using var response = await scene.Browser(scene.Certificate("beta")).PutAsync(AgentPaths.ClusterFile, body, TestEnvironment.Stop);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Fact]
    public async Task Headers_that_come_a_letter_at_a_time_are_cut_off()
    {
        await using var scene = await new AgentScene { Limits = Short }.StartAsync();
        var stream = await scene.OpenAsync();
        await stream.WriteAsync("GET /status HTTP/1.1\r\nHost: x\r\nX-Slow: "u8.ToArray(), TestEnvironment.Stop);
        var answer = AgentServerTests.ReadToEndAsync(stream);

        await TestWait.UntilAsync("the connection closed", async () =>
        {
            if (!answer.IsCompleted)
                await TryWriteAsync(stream);
            return answer.IsCompleted;
        });

        Assert.StartsWith("HTTP/1.1 408 ", await answer);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_connection_that_says_nothing_is_closed(bool afterHandshake)
    {
        await using var scene = await new AgentScene { Limits = Short }.StartAsync();
        await using Stream stream = afterHandshake ? await scene.OpenAsync() : new NetworkStream(await scene.ConnectAsync());

        Assert.Equal("", await AgentServerTests.ReadToEndAsync(stream));
    }

    [Fact]
    public async Task Strangers_who_hold_all_of_their_connections_keep_no_member_out()
    {
        await using var scene = await new AgentScene { Limits = new AgentServerLimits { StrangerConnections = 2 } }.StartAsync();
        var (first, second) = (await scene.ConnectAsync("127.0.0.2"), await scene.ConnectAsync("127.0.0.2"));

        Assert.True(await IsRefusedAsync(scene, "127.0.0.3"));

        Assert.Equal(HttpStatusCode.OK, await scene.TryReportAsync(scene.Certificate("beta")));
        first.Dispose();
        second.Dispose();
        await TestWait.UntilAsync("a place for a stranger", async () =>
        {
            try
            {
                return (await scene.Browser(from: "127.0.0.2").GetAsync("/", TestEnvironment.Stop)).StatusCode == HttpStatusCode.NotFound;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        });
    }

    /// <summary>The reset may come before or after our own side knows of the connection.</summary>
    private static async Task<bool> IsRefusedAsync(AgentScene scene, string from)
    {
        try
        {
            return await IsClosedAsync(await scene.ConnectAsync(from));
        }
        catch (SocketException reset) when (reset.SocketErrorCode == SocketError.ConnectionReset)
        {
            return true;
        }
    }

    [Fact]
    public async Task A_request_in_plain_text_gets_nothing()
    {
        await using var scene = await new AgentScene().StartAsync();
        await using var stream = new NetworkStream(await scene.ConnectAsync());
        await stream.WriteAsync(Encoding.ASCII.GetBytes("GET /status HTTP/1.1\r\nHost: x\r\n\r\n"), TestEnvironment.Stop);

        Assert.DoesNotContain("HTTP", await AgentServerTests.ReadToEndAsync(stream));
        Assert.Equal("", scene.Log);
    }

    private static async Task TryWriteAsync(Stream stream)
    {
        try
        {
            await stream.WriteAsync("x"u8.ToArray(), TestEnvironment.Stop);
        }
        catch (IOException)
        {
            // Closed: the answer says how.
        }
    }

    private static async Task<bool> IsClosedAsync(Socket socket)
    {
        try
        {
            return await socket.ReceiveAsync(new byte[1], TestEnvironment.Stop) == 0;
        }
        catch (SocketException reset) when (reset.SocketErrorCode == SocketError.ConnectionReset)
        {
            return true;
        }
    }
}
