using Howdah.Core.Errors;
using Howdah.Integration.Tests.Fixtures;
using Howdah.Integration.Tests.Replication;
using Howdah.Operations.ReceiveWal;
using Howdah.Postgres.ConnectionStrings;

namespace Howdah.Integration.Tests.ReceiveWal;

/// <summary>The receiver of a server that lets nobody in without TLS.</summary>
public sealed class WalReceiverTlsTests
{
    [Theory]
    [InlineData(11, SslNegotiation.Postgres)]
    [InlineData(13, SslNegotiation.Postgres)]
    [InlineData(15, SslNegotiation.Postgres)]
    [InlineData(17, SslNegotiation.Postgres)]
    [InlineData(17, SslNegotiation.Direct)]
    [InlineData(18, SslNegotiation.Postgres)]
    [InlineData(18, SslNegotiation.Direct)]
    public async Task Segments_come_encrypted_byte_by_byte_also_after_a_restart_of_the_server(int major, SslNegotiation negotiation)
    {
        await using var certificates = await TestCertificates.CreateAsync("unused");
        await using var server = await TestServer.StartAsync(TlsOnly(major, certificates));
        await using var directory = await TestDirectory.CreateAsync("wal");
        await using var receiver = await RunningReceiver.StartAsync(
            server, directory.File("repository"), options => options with { Connection = Verified(options, certificates, negotiation) });
        await receiver.WaitForCatchUpAsync(server);
        for (var round = 0; round < 2; round++)
        {
            await ReceivedWal.WriteAsync(server, $"t{round}");
            await receiver.WaitForCatchUpAsync(server);
            Assert.Equal("True", await server.ScalarAsync("select ssl from pg_stat_replication join pg_stat_ssl using (pid)"));
            if (round > 0)
                break;
            await server.StopAsync();
            await receiver.WaitForAsync(WalReceiverEventKind.Disconnected);
            await server.StartAgainAsync();
        }

        await receiver.StopAsync();
        Assert.True(await ReceivedWal.CompareAsync(receiver.Store, server, receiver.Status.Flushed) >= 6);
        Assert.Empty(Assert.Single((await receiver.Store.ReadLedgerAsync(TestEnvironment.Stop)).Timelines).Gaps);
        Assert.DoesNotContain(receiver.Events, happened => happened.IsAlarm);
    }

    [Theory]
    [MemberData(nameof(SupportedMajors.Tested), MemberType = typeof(SupportedMajors))]
    public async Task A_server_whose_certificate_leads_to_no_trusted_root_gives_us_nothing(int major)
    {
        await using var certificates = await TestCertificates.CreateAsync("unused");
        await using var server = await TestServer.StartAsync(TlsOnly(major, certificates));
        await using var directory = await TestDirectory.CreateAsync("wal");
        await using var receiver = await RunningReceiver.StartAsync(server, directory.File("repository"), options => options with
        {
            Connection = Verified(options, certificates, SslNegotiation.Postgres) with { SslRootCert = certificates.OtherRoot },
        });
        var before = FilesIn(directory);
        var refused = await receiver.WaitForAsync(WalReceiverEventKind.Disconnected);
        Assert.True(refused.IsAlarm);
        Assert.Equal(ErrorCodes.TlsFailed, refused.Error?.Code);
        Assert.Contains("the server's certificate (CN=server) does not lead to a trusted root", refused.Message, StringComparison.Ordinal);
        Assert.Contains("sslrootcert", refused.Error?.Hint, StringComparison.Ordinal);
        await TestWait.UntilAsync("it has tried again", () => receiver.Status.Failures >= 3);
        await receiver.StopAsync();

        Assert.Equal(before, FilesIn(directory));
        Assert.Equal("0", await server.ScalarAsync("select count(*) from pg_replication_slots"));
        Assert.DoesNotContain("received replication command", await server.ReadLogAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_tls_nothing_is_received()
    {
        await using var certificates = await TestCertificates.CreateAsync("unused");
        await using var server = await TestServer.StartAsync(TlsOnly(SupportedMajors.Default, certificates));
        await using var directory = await TestDirectory.CreateAsync("wal");
        await using var receiver = await RunningReceiver.StartAsync(server, directory.File("repository"));
        var refused = await receiver.WaitForAsync(WalReceiverEventKind.Disconnected);
        Assert.True(refused.IsAlarm);
        Assert.Equal(ErrorCodes.AuthenticationFailed, refused.Error?.Code);
        await receiver.StopAsync();
    }

    [Fact]
    public async Task A_frozen_server_is_given_up_as_silent_and_found_again()
    {
        await using var certificates = await TestCertificates.CreateAsync("unused");
        await using var server = await TestServer.StartAsync(TlsOnly(SupportedMajors.Default, certificates));
        await using var directory = await TestDirectory.CreateAsync("wal");
        await using var receiver = await RunningReceiver.StartAsync(
            server,
            directory.File("repository"),
            options => RunningReceiver.Impatient(
                options with { Connection = Verified(options, certificates, SslNegotiation.Postgres) }));
        await receiver.OutliveFreezeAsync(server);
        await receiver.StopAsync();
        await ReceivedWal.CompareAsync(receiver.Store, server, receiver.Status.Flushed);
    }

    private static TestServerOptions TlsOnly(int major, TestCertificates certificates) => new(major)
    {
        SegmentSizeMegabytes = 1,
        Settings = new Dictionary<string, string>(certificates.ServerSettings)
        {
            [major >= 13 ? "wal_keep_size" : "wal_keep_segments"] = "100", // all of it, to compare with
        },
        HbaLines = ["hostssl replication all 127.0.0.0/8 scram-sha-256", "host replication all 127.0.0.0/8 reject"],
    };

    private static ConnectionSettings Verified(WalReceiverOptions options, TestCertificates certificates, SslNegotiation negotiation) =>
        options.Connection with
        {
            SslMode = SslMode.VerifyFull,
            SslRootCert = certificates.Root,
            SslNegotiation = negotiation,
            ChannelBinding = ChannelBinding.Require,
        };

    private static IReadOnlyList<string> FilesIn(TestDirectory directory) =>
        [.. Directory.EnumerateFiles(directory.Path, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
}
