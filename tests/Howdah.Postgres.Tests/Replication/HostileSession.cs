using Howdah.Core.Wal;
using Howdah.Postgres.Replication;
using Howdah.Postgres.Tests.Wire;
using static Howdah.Postgres.Tests.Wire.Peer;

namespace Howdah.Postgres.Tests.Replication;

/// <summary>A replication connection to a server that follows a script from the end of sign-in on.</summary>
internal sealed class HostileSession : IAsyncDisposable
{
    private static readonly StartReplication Anywhere = new(new Lsn(0x1000000), TimelineId.First, "s");

    private readonly HostileServer _server;

    private HostileSession(HostileServer server, ReplicationConnection connection)
    {
        _server = server;
        Connection = connection;
    }

    public ReplicationConnection Connection { get; }

    public static async Task<HostileSession> OpenAsync(Func<Peer, Task> script, string version = "13.1")
    {
        var server = new HostileServer(async peer =>
        {
            await peer.SignInAsync(version);
            if (!version.StartsWith("13", StringComparison.Ordinal))
                await peer.AnswerAsync(Columns(1), Row("0"), Complete("SHOW"), Ready);
            await script(peer);
        });
        return new HostileSession(server, await ReplicationConnection.OpenAsync(server.Settings, TimeProvider.System, default));
    }

    public async Task<WalStream> StartAsync() => (await Connection.StartPhysicalReplicationAsync(Anywhere, default)).Stream!;

    public async ValueTask DisposeAsync()
    {
        await Connection.DisposeAsync();
        await _server.DisposeAsync();
    }
}
