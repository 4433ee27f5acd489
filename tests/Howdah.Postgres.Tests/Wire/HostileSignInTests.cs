using System.Diagnostics;
using System.Text;
using CsCheck;
using Howdah.Core.Errors;
using Howdah.Postgres.ConnectionStrings;
using Howdah.Postgres.Replication;
using Howdah.Postgres.Sql;
using static Howdah.Postgres.Tests.Wire.Peer;

namespace Howdah.Postgres.Tests.Wire;

public sealed class HostileSignInTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task A_peer_that_speaks_http_is_told_apart_at_once()
    {
        var exception = await FailAsync(peer => peer.SendAsync(Encoding.ASCII.GetBytes("HTTP/1.1 400 Bad Request\r\n\r\n")));
        Assert.Equal(ErrorCodes.ProtocolViolation, exception.Code);
        Assert.Contains("is this a PostgreSQL server", exception.Hint, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(-1)]
    [InlineData(int.MinValue)]
    [InlineData(int.MaxValue)]
    [InlineData(40_000)]
    public async Task An_impossible_length_is_refused_without_waiting_for_its_bytes(int length)
    {
        var exception = await FailAsync(peer => peer.SendAsync([(byte)'R', .. Int32(length)]));
        Assert.Equal(ErrorCodes.ProtocolViolation, exception.Code);
        Assert.Contains("at byte 0", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_message_that_ends_early_is_a_lost_connection()
    {
        var exception = await FailAsync(peer => peer.SendAsync([(byte)'R', .. Int32(8), 0, 0]));
        Assert.Equal(ErrorCodes.ConnectionLost, exception.Code);
        Assert.Contains("in the middle of a message", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_too_short_for_its_fields_names_the_offset()
    {
        var exception = await FailAsync(peer => peer.SendAsync(Message('R', [0, 0])));
        Assert.Contains("at offset 0", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_silent_server_runs_into_the_connect_timeout()
    {
        await using var server = new HostileServer(peer => peer.StaySilentAsync());
        var settings = server.Settings with { ConnectTimeout = TimeSpan.FromMilliseconds(300) };
        var exception = await Assert.ThrowsAsync<OperationException>(
            () => ReplicationConnection.OpenAsync(settings, TimeProvider.System, TestContext.Current.CancellationToken));
        Assert.Equal(ErrorCodes.ServerTimeout, exception.Code);
    }

    [Fact]
    public async Task Endless_notices_run_into_the_connect_timeout()
    {
        await using var server = new HostileServer(async peer =>
        {
            await peer.ReadStartupAsync();
            while (true)
                await peer.SendAsync(Message('N', [0]));
        });
        var settings = server.Settings with { ConnectTimeout = TimeSpan.FromMilliseconds(300) };
        var exception = await Assert.ThrowsAsync<OperationException>(
            () => ReplicationConnection.OpenAsync(settings, TimeProvider.System, TestContext.Current.CancellationToken));
        Assert.Equal(ErrorCodes.ServerTimeout, exception.Code);
    }

    [Fact]
    public async Task An_error_to_the_request_for_tls_is_reported_without_believing_its_text()
    {
        var exception = await FailAsync(
            async peer => await peer.SendAsync(Error("XX000", "trust me")), settings => settings with { SslMode = SslMode.Require });
        Assert.Equal(ErrorCodes.ServerUnreachable, exception.Code);
        Assert.DoesNotContain("trust me", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Clear_text_behind_the_agreement_on_tls_is_never_taken_for_the_server()
    {
        byte[] stuffed = [(byte)'S', .. Message('R', Int32(0)), .. Ready];
        var exception = await FailAsync(peer => peer.SendAsync(stuffed), settings => settings with { SslMode = SslMode.Require });
        Assert.Equal(ErrorCodes.TlsFailed, exception.Code);
    }

    [Fact]
    public async Task A_server_without_tls_is_refused_where_tls_is_demanded()
    {
        var exception = await FailAsync(peer => peer.SendAsync([(byte)'N']), settings => settings with { SslMode = SslMode.Require });
        Assert.Equal(ErrorCodes.TlsFailed, exception.Code);
    }

    [Theory]
    [InlineData("r=x,s=AAAA,i=4096", "does not extend ours")]
    [InlineData("r={0}x,s=AAAA,i=999999999", "iteration count")]
    [InlineData("r={0}x,s=AAAA,i=0", "iteration count")]
    [InlineData("r={0}x,s=?,i=4096", "not base64")]
    [InlineData("garbage", "expected r=")]
    public async Task A_malformed_scram_challenge_is_refused(string challenge, string expected)
    {
        var exception = await FailAsync(async peer =>
        {
            var nonce = await StartScramAsync(peer);
            await peer.SendAsync(
                Message('R', Int32(11), Encoding.UTF8.GetBytes(challenge.Replace("{0}", nonce, StringComparison.Ordinal))));
            await peer.StaySilentAsync();
        });
        Assert.Contains(expected, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_does_not_know_the_password_is_found_out()
    {
        var exception = await FailAsync(async peer =>
        {
            var nonce = await StartScramAsync(peer);
            await peer.SendAsync(Message('R', Int32(11), Encoding.UTF8.GetBytes($"r={nonce}x,s=AAAA,i=4096")));
            await peer.ReadMessageAsync();
            await peer.SendAsync(
                Message('R', Int32(12), Encoding.UTF8.GetBytes($"v={Convert.ToBase64String(new byte[32])}")),
                Message('R', Int32(0)),
                Ready);
        });
        Assert.Equal(ErrorCodes.AuthenticationFailed, exception.Code);
        Assert.Contains("signature is wrong", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_skips_its_proof_is_refused()
    {
        var exception = await FailAsync(async peer =>
        {
            await StartScramAsync(peer);
            await peer.SendAsync(Message('R', Int32(0)), Ready);
        });
        Assert.Contains("skipped the end of SCRAM", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Required_channel_binding_refuses_a_server_that_asks_for_nothing()
    {
        var exception = await FailAsync(
            peer => peer.SendAsync(Message('R', Int32(0)), Ready), settings => settings with { ChannelBinding = ChannelBinding.Require });
        Assert.Equal(ErrorCodes.AuthenticationFailed, exception.Code);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(5)]
    public async Task Required_channel_binding_never_sends_a_plain_password(int method)
    {
        var exception = await FailAsync(
            peer =>
                peer.SendAsync(Message('R', Int32(method), new byte[4])), settings =>
                    settings with { ChannelBinding = ChannelBinding.Require });
        Assert.Equal(ErrorCodes.AuthenticationFailed, exception.Code);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(5)]
    public async Task Where_scram_is_required_no_other_way_is_gone(int method)
    {
        var exception = await FailAsync(
            async peer =>
            {
                await peer.SendAsync(Message('R', Int32(method), method == 5 ? new byte[4] : []), method == 0 ? Ready : []);
                var (type, _) = await peer.ReadMessageAsync();
                Assert.Fail($"it went on with {type}");
            },
            settings => settings with { RequiresScram = true });
        Assert.Equal(ErrorCodes.AuthenticationFailed, exception.Code);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(5)]
    public async Task Neither_is_it_for_a_session_of_SQL(int method)
    {
        var told = "";
        await using (var server = new HostileServer(async peer =>
        {
            await peer.ReadStartupAsync();
            await peer.SendAsync(Message('R', Int32(method), method == 5 ? new byte[4] : []), method == 0 ? Ready : []);
            var (type, _) = await peer.ReadMessageAsync();
            told += type;
        }))
        {
            await using var session = SqlDatabase.Open(server.Settings with { RequiresScram = true });
            await Assert.ThrowsAsync<OperationException>(
                () => session.ExecuteAsync("select 1", [], TestContext.Current.CancellationToken));
        }

        // Farewell, at most.
        Assert.Equal("", told.Replace("X", "", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("10.23")]
    [InlineData("19beta1")]
    public async Task Versions_that_are_not_known_are_refused(string version)
    {
        await using var server = new HostileServer(async peer =>
        {
            await peer.SignInAsync(version);
            await peer.StaySilentAsync();
        });
        var exception = await Assert.ThrowsAsync<OperationException>(() => OpenAsync(server.Settings));
        Assert.Equal(ErrorCodes.ServerVersionUnsupported, exception.Code);
    }

    [Fact]
    public async Task Parameters_without_end_do_not_fill_the_memory()
    {
        var value = new byte[200_000];
        Array.Fill(value, (byte)'x');
        await using var server = new HostileServer(async peer =>
        {
            await peer.ReadStartupAsync();
            await peer.SendAsync(Message('R', Int32(0)), Message('S', Text("server_version"), Text("13.0")));
            for (var i = 0; i < 256; i++)
                await peer.SendAsync(Message('S', Text($"p{i}"), value, [0]));
            await peer.SendAsync(Ready);
        });
        var before = GC.GetTotalMemory(forceFullCollection: true);
        await using var connection = await OpenAsync(server.Settings with { ConnectTimeout = TimeSpan.FromSeconds(30) });
        // 256 values of 200 000 characters of two bytes are 102 MB; other tests run beside this one.
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 64L << 20);
        Assert.Equal(13, connection.ServerVersion.Major);
    }

    [Fact]
    public async Task After_a_refused_password_the_next_server_is_not_tried()
    {
        var asked = 0;
        await using var refusing = new HostileServer(async peer =>
        {
            await peer.ReadStartupAsync();
            await peer.SendAsync(Error("28P01", "password authentication failed", "FATAL"));
        });
        await using var next = new HostileServer(async peer =>
        {
            asked++;
            await peer.SignInAsync();
        });
        var settings = refusing.Settings with { Servers = [refusing.Settings.Servers[0], next.Settings.Servers[0]] };
        var exception = await Assert.ThrowsAsync<OperationException>(() => OpenAsync(settings));
        Assert.Equal(ErrorCodes.AuthenticationFailed, exception.Code);
        Assert.Equal(0, asked);
    }

    [Fact]
    public async Task A_server_that_is_starting_up_is_passed_over()
    {
        await using var starting = new HostileServer(async peer =>
        {
            await peer.ReadStartupAsync();
            await peer.SendAsync(Error("57P03", "the database system is starting up", "FATAL"));
        });
        await using var next = new HostileServer(async peer =>
        {
            await peer.SignInAsync();
            await peer.StaySilentAsync();
        });
        var settings = starting.Settings with { Servers = [starting.Settings.Servers[0], next.Settings.Servers[0]] };
        await using var connection = await OpenAsync(settings);
        Assert.Equal(13, connection.ServerVersion.Major);
    }

    [Fact]
    public Task Random_bytes_end_in_an_operating_error() =>
        Gen.Byte.Array[0, 200].SampleAsync(
            async bytes =>
            {
                var failed = await FailAsync(peer => peer.SendAsync(bytes));
                ErrorCode[] possible = [
                    ErrorCodes.ProtocolViolation,
                    ErrorCodes.ConnectionLost,
                    ErrorCodes.AuthenticationFailed,
                    ErrorCodes.ServerError
                ];
                Assert.Contains(failed.Code, possible);
            },
            iter: 100,
            threads: 1);

    private static async Task<string> StartScramAsync(Peer peer)
    {
        await peer.SendAsync(Message('R', Int32(10), Text("SCRAM-SHA-256"), [0]));
        var (_, body) = await peer.ReadMessageAsync();
        var text = Encoding.UTF8.GetString(body);
        return text[(text.IndexOf("r=", StringComparison.Ordinal) + 2)..];
    }

    /// <summary>Reads the client's first packet, runs the script, closes; the client must fail soon.</summary>
    private static async Task<OperationException> FailAsync(
        Func<Peer, Task> script, Func<ConnectionSettings, ConnectionSettings>? adapt = null)
    {
        await using var server = new HostileServer(async peer =>
        {
            await peer.ReadStartupAsync();
            await script(peer);
        });
        var watch = Stopwatch.StartNew();
        var settings = adapt is null ? server.Settings : adapt(server.Settings);
        var exception = await Assert.ThrowsAsync<OperationException>(() => OpenAsync(settings));
        Assert.True(watch.Elapsed < Patience);
        return exception;
    }

    private static Task<ReplicationConnection> OpenAsync(ConnectionSettings settings) =>
        ReplicationConnection.OpenAsync(settings, TimeProvider.System, TestContext.Current.CancellationToken);
}
