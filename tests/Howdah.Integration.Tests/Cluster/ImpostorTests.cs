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

        using var enough = CancellationTokenSource.CreateLinkedTokenSource(lab.Token);
        var hearing = ListenAsync(listener, enough.Token);

        var refused = await Assert.ThrowsAsync<OperationException>(() => ReplicationConnection.OpenAsync(
            NodeConnections.To(lab.Model, users.Replication, lab.Master), TimeProvider.System, lab.Token));
        Assert.Equal(ErrorCodes.AuthenticationFailed, refused.Code);
        await using (var session = SqlDatabase.Open(NodeConnections.To(lab.Model, users.Backup, lab.Master) with { Database = "postgres" }))
            await Assert.ThrowsAsync<OperationException>(() => session.ExecuteAsync("select 1", [], lab.Token));

        await enough.CancelAsync();
        var (asked, told) = await hearing;
        Assert.InRange(asked, 2, int.MaxValue);
        Assert.Equal(0, told);
    }

    /// <summary>How many were asked for the password, and how many of them told it.</summary>
    private static async Task<(int Asked, int Told)> ListenAsync(TcpListener listener, CancellationToken cancellationToken)
    {
        var (asked, told) = (0, 0);
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                using var client = await listener.AcceptTcpClientAsync(cancellationToken);
                await using var stream = client.GetStream();
                var buffer = new byte[4096];
                // A startup packet; a question for encryption, which has eight bytes, is answered with no.
                while (await stream.ReadAtLeastAsync(buffer, 8, throwOnEndOfStream: true, cancellationToken) == 8)
                    await stream.WriteAsync("N"u8.ToArray(), cancellationToken);
                await stream.WriteAsync(AsksForThePassword, cancellationToken);
                asked++;
                // 'X' would be a farewell.
                told += await stream.ReadAsync(buffer, cancellationToken) > 0 && buffer[0] == (byte)'p' ? 1 : 0;
            }
            catch (Exception exception) when (exception is IOException or OperationCanceledException)
            {
                // Hung up, or enough was heard.
            }
        }

        return (asked, told);
    }
}
