using System.Net;
using Howdah.Core.Errors;
using Howdah.Integration.Tests.Fixtures;
using Howdah.Postgres.ConnectionStrings;
using Howdah.Postgres.Replication;

namespace Howdah.Integration.Tests.Replication;

/// <summary>
/// Each sslmode, sslnegotiation and channel_binding against servers with TLS and without, with the right certificate and wrong ones: what
/// libpq's documentation (34.19) has in its tables. Whether a session is encrypted, the server says.
/// </summary>
public sealed class TlsModeTests
{
    private const SslMode Disable = SslMode.Disable;
    private const SslMode Allow = SslMode.Allow;
    private const SslMode Prefer = SslMode.Prefer;
    private const SslMode Require = SslMode.Require;
    private const SslMode VerifyCa = SslMode.VerifyCa;
    private const SslMode VerifyFull = SslMode.VerifyFull;

    private static readonly SslMode[] Weak = [Disable, Allow, Prefer];
    private static readonly SslMode[] Strict = [Require, VerifyCa, VerifyFull];
    private static readonly SslMode[] Every = [.. Weak, .. Strict];

    /// <summary>Debian's, and the newest; from 17 on TLS may also be direct.</summary>
    public static TheoryData<int> Majors => [15, 18];

    [Theory]
    [MemberData(nameof(Majors))]
    public async Task A_server_with_tls_is_verified_as_far_as_the_mode_says(int major)
    {
        await using var certificates = await TestCertificates.CreateAsync("client");
        await using var server = await StartAsync(major, certificates.ServerSettings);
        var trusting = server.Settings() with { SslRootCert = certificates.Root };
        await PlainAsync(server, trusting, Disable, Allow);
        await EncryptedAsync(server, trusting, Prefer, Require, VerifyCa, VerifyFull);

        var unknowing = server.Settings();
        await PlainAsync(server, unknowing, Disable, Allow);
        await EncryptedAsync(server, unknowing, Prefer, Require);
        await RefusedAsync(unknowing, ErrorCodes.TlsFailed, "no file of trusted roots", VerifyCa, VerifyFull);

        // A file of roots turns require into verify-ca, as in libpq.
        var distrusting = server.Settings() with { SslRootCert = certificates.OtherRoot };
        await PlainAsync(server, distrusting, Disable, Allow);
        await EncryptedAsync(server, distrusting, Prefer);
        await RefusedAsync(distrusting, ErrorCodes.TlsFailed, "does not lead to a trusted root", Strict);

        var elsewhere = trusting with { Servers = [new ServerAddress("db.example", server.Port, IPAddress.Loopback)] };
        await EncryptedAsync(server, elsewhere, Prefer, Require, VerifyCa);
        await RefusedAsync(elsewhere, ErrorCodes.TlsFailed, "not for host \"db.example\"", VerifyFull);
    }

    [Theory]
    [MemberData(nameof(Majors))]
    public async Task A_server_without_tls_is_used_only_where_the_mode_allows_it(int major)
    {
        await using var certificates = await TestCertificates.CreateAsync("client");
        await using var server = await StartAsync(major, new Dictionary<string, string>());
        var settings = server.Settings() with { SslRootCert = certificates.Root };
        await PlainAsync(server, settings, Weak);
        await RefusedAsync(settings, ErrorCodes.TlsFailed, "does not support TLS", Strict);

        var bound = settings with { ChannelBinding = ChannelBinding.Require };
        await RefusedAsync(bound, ErrorCodes.AuthenticationFailed, "channel binding is required", Weak);
        await RefusedAsync(bound, ErrorCodes.TlsFailed, "does not support TLS", Strict);

        // Such a server takes the first byte of TLS for a message, and goes away.
        var direct = settings with { SslNegotiation = SslNegotiation.Direct };
        foreach (var mode in Strict)
        {
            var exception = await Assert.ThrowsAsync<OperationException>(() => OpenAsync(direct with { SslMode = mode }));
            Assert.Contains(exception.Code, new[] { ErrorCodes.TlsFailed, ErrorCodes.ConnectionLost });
        }
    }

    [Theory]
    [MemberData(nameof(Majors))]
    public async Task Required_channel_binding_takes_scram_over_tls_and_nothing_else(int major)
    {
        await using var certificates = await TestCertificates.CreateAsync("client");
        await using var server = await StartAsync(
            major, certificates.ServerSettings, "host replication plain_role 127.0.0.0/8 password",
            "host replication trusted_role 127.0.0.0/8 trust");
        await server.ExecuteAsync("create role plain_role login replication password 'p'; create role trusted_role login replication");
        var bound = server.Settings() with { SslRootCert = certificates.Root, ChannelBinding = ChannelBinding.Require };
        await EncryptedAsync(server, bound, Prefer, Require, VerifyCa, VerifyFull);
        await RefusedAsync(bound, ErrorCodes.AuthenticationFailed, "channel binding is required", Disable, Allow);
        await RefusedAsync(bound with { User = "plain_role" }, ErrorCodes.AuthenticationFailed, "a plain password", Every);
        await RefusedAsync(bound with { User = "trusted_role" }, ErrorCodes.AuthenticationFailed, "no authentication", Every);
        await EncryptedAsync(server, bound with { ChannelBinding = ChannelBinding.Disable }, Prefer, Require, VerifyCa, VerifyFull);
    }

    [Theory]
    [MemberData(nameof(Majors))]
    public async Task What_pg_hba_conf_accepts_is_found_and_nothing_weaker_than_the_mode(int major)
    {
        await using var certificates = await TestCertificates.CreateAsync("client");
        await using var server = await StartAsync(
            major, certificates.ServerSettings, "hostnossl replication only_tls 127.0.0.0/8 reject",
            "hostssl replication only_plain 127.0.0.0/8 reject");
        await server.ExecuteAsync(
            $"create role only_tls login replication password '{server.Password}'; "
            + $"create role only_plain login replication password '{server.Password}'");
        var settings = server.Settings() with { SslRootCert = certificates.Root };
        await EncryptedAsync(server, settings with { User = "only_tls" }, Allow, Prefer, Require, VerifyCa, VerifyFull);
        await RefusedAsync(settings with { User = "only_tls" }, ErrorCodes.AuthenticationFailed, "28000", Disable);
        await PlainAsync(server, settings with { User = "only_plain" }, Weak);
        await RefusedAsync(settings with { User = "only_plain" }, ErrorCodes.AuthenticationFailed, "28000", Strict);
    }

    [Theory]
    [MemberData(nameof(Majors))]
    public async Task Somebody_in_between_who_denies_tls_gets_nothing_that_the_mode_forbids(int major)
    {
        await using var certificates = await TestCertificates.CreateAsync("client");
        await using var server = await StartAsync(major, certificates.ServerSettings);
        await using var between = new DowngradingProxy(server);
        var settings = server.Settings() with { Servers = [between.Address], SslRootCert = certificates.Root };
        await PlainAsync(server, settings, Prefer);
        await RefusedAsync(settings, ErrorCodes.TlsFailed, "does not support TLS", Strict);
        await RefusedAsync(
            settings with { ChannelBinding = ChannelBinding.Require }, ErrorCodes.AuthenticationFailed,
            "channel binding is required", Prefer);
    }

    [Theory]
    [InlineData(15)]
    [InlineData(17)]
    [InlineData(18)]
    public async Task Direct_tls_is_verified_in_the_same_way_where_the_server_has_it(int major)
    {
        await using var certificates = await TestCertificates.CreateAsync("client");
        await using var server = await StartAsync(major, certificates.ServerSettings);
        var direct = server.Settings() with { SslRootCert = certificates.Root, SslNegotiation = SslNegotiation.Direct };
        var bound = direct with { ChannelBinding = ChannelBinding.Require };
        if (major < 17)
        {
            foreach (var mode in Strict)
            {
                var refused = await Assert.ThrowsAsync<OperationException>(() => OpenAsync(bound with { SslMode = mode }));
                Assert.Contains("17 or later", refused.Hint, StringComparison.Ordinal);
            }

            return;
        }

        await EncryptedAsync(server, direct, Strict);
        await EncryptedAsync(server, bound, Strict);
        await RefusedAsync(
            direct with { SslRootCert = certificates.OtherRoot }, ErrorCodes.TlsFailed, "does not lead to a trusted root", Strict);
        var elsewhere = direct with { Servers = [new ServerAddress("db.example", server.Port, IPAddress.Loopback)] };
        await RefusedAsync(elsewhere, ErrorCodes.TlsFailed, "not for host \"db.example\"", VerifyFull);
    }

    [Theory]
    [MemberData(nameof(Majors))]
    public async Task An_expired_certificate_is_accepted_only_where_none_is_looked_at(int major)
    {
        await using var certificates = await TestCertificates.CreateAsync("client");
        await using var server = await StartAsync(major, new Dictionary<string, string>(certificates.ServerSettings)
        {
            ["ssl_cert_file"] = certificates.ExpiredCert,
            ["ssl_key_file"] = certificates.ExpiredKey,
        });
        await EncryptedAsync(server, server.Settings(), Prefer, Require);
        var verifying = server.Settings() with { SslRootCert = certificates.Root };
        await RefusedAsync(verifying, ErrorCodes.TlsFailed, "expired on ", Strict);
    }

    private static Task<TestServer> StartAsync(int major, IReadOnlyDictionary<string, string> settings, params string[] hbaLines) =>
        TestServer.StartAsync(new TestServerOptions(major) { Settings = settings, HbaLines = hbaLines });

    private static Task PlainAsync(TestServer server, ConnectionSettings settings, params SslMode[] modes) =>
        AcceptedAsync(server, settings, encrypted: false, modes);

    private static Task EncryptedAsync(TestServer server, ConnectionSettings settings, params SslMode[] modes) =>
        AcceptedAsync(server, settings, encrypted: true, modes);

    private static async Task AcceptedAsync(TestServer server, ConnectionSettings settings, bool encrypted, SslMode[] modes)
    {
        foreach (var mode in modes)
        {
            await using var connection = await OpenAsync(settings with { SslMode = mode });
            var seen = await server.ScalarAsync($"select ssl from pg_stat_ssl where pid = {connection.ServerProcessId}");
            Assert.Equal((mode, encrypted, $"{encrypted}"), (mode, connection.IsEncrypted, seen));
        }
    }

    private static async Task RefusedAsync(ConnectionSettings settings, ErrorCode code, string because, params SslMode[] modes)
    {
        foreach (var mode in modes)
        {
            var exception = await Assert.ThrowsAsync<OperationException>(() => OpenAsync(settings with { SslMode = mode }));
            Assert.Equal((mode, code), (mode, exception.Code));
            Assert.Contains(because, exception.Message, StringComparison.Ordinal);
        }
    }

    private static Task<ReplicationConnection> OpenAsync(ConnectionSettings settings) =>
        ReplicationConnection.OpenAsync(settings, TimeProvider.System, TestEnvironment.Stop);
}
