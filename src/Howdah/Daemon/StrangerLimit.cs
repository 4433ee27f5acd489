using System.Net;
using Howdah.Cluster.Configuration;
using Microsoft.AspNetCore.Connections;

namespace Howdah.Daemon;

/// <summary>
/// Of the connections that the server takes, those from addresses of no host of the cluster may have only a part: strangers who hold all of
/// theirs keep no member out. Where members come from other addresses (through a router that translates them), they share that part.
/// </summary>
internal sealed class StrangerLimit(Func<ClusterModel> model, int most)
{
    private int _strangers;

    public async Task RunAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        if (IsMember(connection.RemoteEndPoint))
        {
            await next(connection);
            return;
        }

        try
        {
            if (Interlocked.Increment(ref _strangers) <= most)
                await next(connection);
            else
                connection.Abort(new ConnectionAbortedException("too many connections from outside of the cluster"));
        }
        finally
        {
            Interlocked.Decrement(ref _strangers);
        }
    }

    private bool IsMember(EndPoint? peer) =>
        peer is IPEndPoint { Address: var address }
        && model().Hosts.Any(host => IPAddress.TryParse(host.Address, out var known) && known.Equals(Plain(address)));

    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
}
