using System.Net;
using System.Net.Sockets;
using Howdah.Core.Errors;
using Howdah.Core.Units;
using Howdah.Integration.Tests.Fixtures;
using Howdah.Postgres.ConnectionStrings;
using Howdah.Postgres.Replication;

namespace Howdah.Integration.Tests.Replication;

public sealed class SignInTests
{
    [Theory]
    [MemberData(nameof(SupportedMajors.Tested), MemberType = typeof(SupportedMajors))]
    public async Task Scram_md5_password_and_password_file_are_accepted_and_a_wrong_password_is_not(int major)
    {
        await using var server = await TestServer.StartAsync(new TestServerOptions(major)
        {
            HbaLines = ["host replication md5_role 127.0.0.0/8 md5", "host replication plain_role 127.0.0.0/8 password"],
        });
        await server.ExecuteAsync(
            "set password_encryption = 'md5'; create role md5_role login replication password 'fünf'; create role plain_role login "
            + "replication password 'x y'");
        await server.ExecuteAsync("create role scram_role login replication password 'sé cret'");
        foreach (var (user, password) in new[] { ("md5_role", "fünf"), ("plain_role", "x y"), ("scram_role", "sé cret") })
        {
            await using var connection = await OpenAsync(server.Settings() with { User = user, Password = new Secret(password) });
            Assert.Equal(major, connection.ServerVersion.Major);
            var wrong = await Assert.ThrowsAsync<OperationException>(
                () => OpenAsync(server.Settings() with { User = user, Password = new Secret("wrong") }));
            Assert.Equal(ErrorCodes.AuthenticationFailed, wrong.Code);
        }

        await using var directory = await TestDirectory.CreateAsync();
        var file = directory.File("pgpass");
        await File.WriteAllTextAsync(
            file, PassFile.RenderLine(new PassFileKey(server.Address, server.Port, "replication", "scram_role"), new Secret("sé cret")));
        await TestCommand.RunAsync(["chmod", "0600", file]);
        await using var byFile = await OpenAsync(server.Settings() with { User = "scram_role", Password = null, PassFile = file });
        var none = await Assert.ThrowsAsync<OperationException>(
            () => OpenAsync(server.Settings() with { Password = null, PassFile = file }));
        Assert.Contains("add a line", none.Hint, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(SupportedMajors.Tested), MemberType = typeof(SupportedMajors))]
    public async Task Tls_is_verified_as_asked_and_scram_is_bound_to_it(int major)
    {
        await using var certificates = await TestCertificates.CreateAsync("cert_role");
        await using var server = await TestServer.StartAsync(new TestServerOptions(major)
        {
            Settings = certificates.ServerSettings,
            HbaLines = ["hostssl replication cert_role 127.0.0.0/8 cert", "hostnossl replication postgres 127.0.0.0/8 reject"],
        });
        await server.ExecuteAsync("create role cert_role login replication");
        var verified = server.Settings() with
        {
            SslMode = SslMode.VerifyFull,
            SslRootCert = certificates.Root,
            ChannelBinding = ChannelBinding.Require,
        };
        await using (var connection = await OpenAsync(verified))
            Assert.True(connection.IsEncrypted);
        await using (var preferring = await OpenAsync(server.Settings() with { SslMode = SslMode.Prefer }))
            Assert.True(preferring.IsEncrypted);
        await using (var allowing = await OpenAsync(server.Settings() with { SslMode = SslMode.Allow }))
            Assert.True(allowing.IsEncrypted);
        await using (var byCertificate = await OpenAsync(verified with
        {
            User = "cert_role",
            Password = null,
            ChannelBinding = ChannelBinding.Prefer,
            SslCert = certificates.ClientCert,
            SslKey = certificates.ClientKey,
        }))
        {
            Assert.True(byCertificate.IsEncrypted);
        }

        var foreign = await Assert.ThrowsAsync<OperationException>(() => OpenAsync(verified with { SslRootCert = certificates.OtherRoot }));
        Assert.Equal(ErrorCodes.TlsFailed, foreign.Code);
        Assert.Contains("does not lead to a trusted root", foreign.Message, StringComparison.Ordinal);
        var misnamed = verified with { Servers = [new ServerAddress("db.example", server.Port, IPAddress.Loopback)] };
        var wrongName = await Assert.ThrowsAsync<OperationException>(() => OpenAsync(misnamed));
        Assert.Contains("not for host \"db.example\"", wrongName.Message, StringComparison.Ordinal);
        await using (var caOnly = await OpenAsync(misnamed with { SslMode = SslMode.VerifyCa }))
            Assert.True(caOnly.IsEncrypted);
        var direct = verified with { SslNegotiation = SslNegotiation.Direct };
        if (major >= 17)
            await (await OpenAsync(direct)).DisposeAsync();
        else
            Assert.Contains("17 or later", (await Assert.ThrowsAsync<OperationException>(() => OpenAsync(direct))).Hint);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_connection_that_breaks_on_the_way_to_TLS_is_lost(bool agrees)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var breaking = BreakOnceAsync(listener, agrees);
        var settings = ConnectionSettings.ForServer("127.0.0.1", ((IPEndPoint)listener.LocalEndpoint).Port) with
        {
            SslMode = SslMode.Require,
        };
        var lost = await Assert.ThrowsAsync<OperationException>(() => OpenAsync(settings));
        Assert.Equal(ErrorCodes.ConnectionLost, lost.Code);
        Assert.Contains("broke the connection", lost.Message, StringComparison.Ordinal);
        await breaking;
    }

    [Fact]
    public async Task The_first_server_of_the_wanted_kind_is_taken()
    {
        foreach (var major in new[] { 11, 18 })
        {
            await using var primary = await TestServer.StartAsync(new TestServerOptions(major));
            await using var standby = await TestStandby.CreateAsync(primary);
            var both = primary.Settings() with
            {
                Servers = [new ServerAddress("127.0.0.1", 1), .. standby.Settings().Servers, .. primary.Settings().Servers],
            };
            foreach (var (wanted, expected) in new[]
            {
                (TargetSessionAttributes.Any, standby), (TargetSessionAttributes.Primary, primary), (
                    TargetSessionAttributes.ReadWrite, primary),
                (TargetSessionAttributes.Standby, standby), (TargetSessionAttributes.PreferStandby, standby),
            })
            {
                await using var connection = await OpenAsync(both with { TargetSessionAttributes = wanted });
                Assert.EndsWith($":{expected.Port}", connection.Server, StringComparison.Ordinal);
            }

            var none = await Assert.ThrowsAsync<OperationException>(
                () => OpenAsync(primary.Settings() with { TargetSessionAttributes = TargetSessionAttributes.Standby }));
            Assert.Contains("is a primary; wanted: standby", none.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Sockets_and_source_addresses_work_and_idle_sessions_are_not_ended()
    {
        await using var server = await TestServer.StartAsync(new TestServerOptions(17)
        {
            Settings = new Dictionary<string, string> { ["idle_session_timeout"] = "300ms" },
            HbaLines = [
                "local replication all scram-sha-256",
                "host replication all 127.0.9.9/32 scram-sha-256",
                "host replication all 127.0.0.1/32 reject"
            ],
        });
        await using var bySocket = await OpenAsync(server.Settings() with { Servers = [new ServerAddress(server.Directory, server.Port)] });
        await using var bySource = await OpenAsync(server.Settings() with { SourceAddress = IPAddress.Parse("127.0.9.9") });
        Assert.Equal("0", await bySource.ShowAsync("idle_session_timeout", TestEnvironment.Stop));
        var refused = await Assert.ThrowsAsync<OperationException>(() => OpenAsync(server.Settings()));
        Assert.Equal(ErrorCodes.AuthenticationFailed, refused.Code);
    }

    [Fact]
    public async Task An_unreachable_server_is_reported_with_its_address()
    {
        var port = FreePort.Next();
        var exception = await Assert.ThrowsAsync<OperationException>(() => OpenAsync(ConnectionSettings.ForServer("127.0.0.1", port)));
        Assert.Equal(ErrorCodes.ServerUnreachable, exception.Code);
        Assert.Contains($"127.0.0.1:{port}", exception.Message, StringComparison.Ordinal);
    }

    /// <summary>A server that is killed while a client asks for TLS, or after it has said yes.</summary>
    private static async Task BreakOnceAsync(TcpListener listener, bool agrees)
    {
        using var client = await listener.AcceptSocketAsync(TestEnvironment.Stop);
        var request = new byte[8];
        await client.ReceiveAsync(request, TestEnvironment.Stop);
        if (agrees)
        {
            await client.SendAsync("S"u8.ToArray(), TestEnvironment.Stop);
            await client.ReceiveAsync(request, TestEnvironment.Stop);
        }

        client.LingerState = new LingerOption(true, 0); // closing resets
    }

    private static Task<ReplicationConnection> OpenAsync(ConnectionSettings settings) =>
        ReplicationConnection.OpenAsync(settings, TimeProvider.System, TestEnvironment.Stop);
}
