using System.Net;
using System.Net.Sockets;
using Howdah.Cluster.Observation;
using Howdah.Core.Errors;
using Howdah.Integration.Tests.Fixtures;
using Howdah.Integration.Tests.Server;
using Howdah.Postgres.Replication;
using Howdah.Postgres.Sql;

namespace Howdah.Integration.Tests.Cluster;

/// <summary>On one machine any user may answer at the address of a server that is down.</summary>
public sealed class ImpostorTests
{
    /// <summary>AuthenticationCleartextPassword: the type, the length, the method (manual 55.7, message formats).</summary>
    private static readonly byte[] AsksForThePassword = [(byte)'R', 0, 0, 0, 8, 0, 0, 0, 3];

    [Fact]
    public async Task Whoever_answers_in_a_server_s_place_is_told_no_password()
    {
        if (await Unprivileged.HasRunElsewhereAsync())
            return;
        await using var lab = new ClusterLab(SupportedMajors.Default);
        await lab.UpAsync();
        await lab.StopAsync(lab.Slave.DataDirectory);
        await lab.StopAsync(lab.Master.DataDirectory);
        using var listener = new TcpListener(IPAddress.Parse(lab.Master.Address), lab.Master.Port);
        listener.Start();
        var users = lab.Model.Users;

        var replication = HearAsync(listener, lab.Token);
        var refused = await Assert.ThrowsAsync<OperationException>(() => ReplicationConnection.OpenAsync(
            NodeConnections.To(lab.Model, users.Replication, lab.Master), TimeProvider.System, lab.Token));
        Assert.Equal(ErrorCodes.AuthenticationFailed, refused.Code);
        Assert.Equal(0, await replication);

        var sql = HearAsync(listener, lab.Token);
        await using (var session = SqlDatabase.Open(NodeConnections.To(lab.Model, users.Backup, lab.Master) with { Database = "postgres" }))
            await Assert.ThrowsAsync<OperationException>(() => session.ExecuteAsync("select 1", [], lab.Token));
        Assert.Equal(0, await sql);
    }

    /// <summary>Asks the next who connects for the password; answers how long it was.</summary>
    private static async Task<int> HearAsync(TcpListener listener, CancellationToken cancellationToken)
    {
        using var client = await listener.AcceptTcpClientAsync(cancellationToken);
        await using var stream = client.GetStream();
        var buffer = new byte[4096];
        Assert.InRange(await stream.ReadAtLeastAsync(buffer, 8, throwOnEndOfStream: true, cancellationToken), 8, buffer.Length);
        await stream.WriteAsync(AsksForThePassword, cancellationToken);
        try
        {
            // 'X' is a farewell, 'p' a password.
            var count = await stream.ReadAsync(buffer, cancellationToken);
            return count > 0 && buffer[0] == (byte)'p' ? count : 0;
        }
        catch (IOException)
        {
            return 0; // hung up at once
        }
    }
}
