using Howdah.Core.Errors;
using Howdah.Core.Units;
using Howdah.Core.Wal;
using Howdah.Integration.Tests.Fixtures;
using Howdah.Postgres.ConnectionStrings;
using Howdah.Postgres.Replication;
using Howdah.Postgres.Wire;

namespace Howdah.Integration.Tests.Replication;

/// <summary>A cancel request ends what the server does for us, with its own word for it, and the session goes on.</summary>
public sealed class CancellationTests
{
    /// <summary>query_canceled.</summary>
    private const string Cancelled = "57014";

    [Theory]
    [InlineData(11)]
    [InlineData(15)]
    [InlineData(18)]
    public async Task A_base_backup_is_cancelled_in_its_middle(int major)
    {
        await using var server = await TestServer.StartAsync(new TestServerOptions(major));
        await using var connection = await OpenAsync(server.Settings());
        // The empty cluster has more than 20 MiB, so this one would take longer than a test may.
        await using var backup = await connection.StartBaseBackupAsync(
            new BaseBackupOptions { MaxRate = ByteSize.FromMiB(1) }, TestEnvironment.Stop);
        await backup.ReadAsync(TestEnvironment.Stop);
        await connection.CancelAsync(TestEnvironment.Stop);
        await CancelledAsync(async () =>
        {
            while ((await backup.ReadAsync(TestEnvironment.Stop)).Kind != BaseBackupMessageKind.End)
            {
            }
        });
        Assert.NotNull(await connection.IdentifySystemAsync(TestEnvironment.Stop));
    }

    [Theory]
    [MemberData(nameof(SupportedMajors.Ends), MemberType = typeof(SupportedMajors))]
    public async Task A_command_that_waits_is_cancelled_and_has_done_nothing(int major)
    {
        await using var server = await TestServer.StartAsync(new TestServerOptions(major));
        await using var user = await OpenAsync(server.Settings());
        await using var waiting = await OpenAsync(server.Settings());
        await user.CreatePhysicalSlotAsync("used", new SlotOptions(), TestEnvironment.Stop);
        var stream = await StartAsync(user, "used");
        var dropping = waiting.DropSlotAsync("used", wait: true, TestEnvironment.Stop);
        await TestWait.UntilAsync(
            "the server waits for the slot",
            async () => await server.ScalarAsync("select count(*) from pg_stat_activity where wait_event = 'ReplicationSlotDrop'") == "1");
        await waiting.CancelAsync(TestEnvironment.Stop);
        await CancelledAsync(() => dropping);
        Assert.NotNull(await waiting.IdentifySystemAsync(TestEnvironment.Stop));
        Assert.Equal("True", await server.ScalarAsync("select active from pg_replication_slots where slot_name = 'used'"));
        await stream.StopAsync(TestEnvironment.Stop);
    }

    [Theory]
    [MemberData(nameof(SupportedMajors.Ends), MemberType = typeof(SupportedMajors))]
    public async Task A_stream_of_wal_is_cancelled_and_can_be_started_again(int major)
    {
        await using var server = await TestServer.StartAsync(new TestServerOptions(major));
        await using var connection = await OpenAsync(server.Settings());
        var stream = await StartAsync(connection, slot: null);
        await CancelAsync(connection, stream);
        stream = await StartAsync(connection, slot: null);
        await stream.StopAsync(TestEnvironment.Stop);
    }

    [Theory]
    [InlineData(15, SslNegotiation.Postgres)]
    [InlineData(18, SslNegotiation.Postgres)]
    [InlineData(18, SslNegotiation.Direct)]
    public async Task The_key_goes_over_tls_where_the_session_does(int major, SslNegotiation negotiation)
    {
        await using var certificates = await TestCertificates.CreateAsync("client");
        await using var server = await TestServer.StartAsync(new TestServerOptions(major)
        {
            Settings = certificates.ServerSettings,
            HbaLines = ["hostnossl all all 127.0.0.0/8 reject", "hostnossl replication all 127.0.0.0/8 reject"],
        });
        await using var connection = await OpenAsync(server.Settings() with
        {
            SslMode = SslMode.VerifyFull,
            SslRootCert = certificates.Root,
            SslNegotiation = negotiation,
        });
        var stream = await StartAsync(connection, slot: null);
        await CancelAsync(connection, stream);
    }

    [Fact]
    public async Task Nothing_is_cancelled_where_nothing_runs_and_a_dead_server_is_told()
    {
        await using var server = await TestServer.StartAsync();
        await using var connection = await OpenAsync(server.Settings());
        await connection.CancelAsync(TestEnvironment.Stop);
        Assert.NotNull(await connection.IdentifySystemAsync(TestEnvironment.Stop));
        await server.KillAsync();
        var exception = await Assert.ThrowsAsync<OperationException>(() => connection.CancelAsync(TestEnvironment.Stop));
        Assert.Equal(ErrorCodes.ServerUnreachable, exception.Code);
    }

    [Fact]
    public async Task A_server_that_hangs_is_not_waited_for()
    {
        await using var server = await TestServer.StartAsync();
        await using var connection = await OpenAsync(server.Settings() with { ConnectTimeout = TimeSpan.FromSeconds(1) });
        server.Freeze();
        var exception = await Assert.ThrowsAsync<OperationException>(() => connection.CancelAsync(TestEnvironment.Stop));
        Assert.Equal(ErrorCodes.ServerTimeout, exception.Code);
    }

    private static async Task CancelAsync(ReplicationConnection connection, WalStream stream)
    {
        await stream.ReadAsync(TestEnvironment.Stop);
        await connection.CancelAsync(TestEnvironment.Stop);
        await CancelledAsync(async () =>
        {
            while (true)
                await stream.ReadAsync(TestEnvironment.Stop);
        });
    }

    private static async Task CancelledAsync(Func<Task> action)
    {
        var exception = await Assert.ThrowsAsync<OperationException>(action);
        Assert.Equal(ErrorCodes.ServerError, exception.Code);
        Assert.Equal(Cancelled, ServerError.Of(exception)?.SqlState);
        Assert.Contains("user request", exception.Message, StringComparison.Ordinal);
    }

    private static async Task<WalStream> StartAsync(ReplicationConnection connection, string? slot)
    {
        var system = await connection.IdentifySystemAsync(TestEnvironment.Stop);
        var start = new StartReplication(WalSegmentSize.Default.SegmentStart(system.FlushPosition), system.Timeline, slot);
        return (await connection.StartPhysicalReplicationAsync(start, TestEnvironment.Stop)).Stream!;
    }

    private static Task<ReplicationConnection> OpenAsync(ConnectionSettings settings) =>
        ReplicationConnection.OpenAsync(settings, TimeProvider.System, TestEnvironment.Stop);
}
