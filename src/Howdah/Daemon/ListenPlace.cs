using System.Net;
using System.Net.Sockets;
using Howdah.Cluster.Agents;
using Howdah.Core.Errors;

namespace Howdah.Daemon;

/// <summary>Where the agent listens, as the cluster file has it.</summary>
internal sealed record ListenPlace(string Address, int Port)
{
    /// <summary>A name of a host has one address or two; a name that has dozens is not one of a host.</summary>
    private const int MostAddresses = 8;

    /// <exception cref="OperationException">The cluster file does not name this host any more.</exception>
    public static ListenPlace Of(IAgentService service)
    {
        var model = service.Model;
        var self = model.FindHost(service.Host) ?? throw new OperationException(
            ErrorCodes.NodeNotFound, $"the cluster file names no host {service.Host}, which this one is by its certificate");
        return new ListenPlace(self.Address, model.Agent.Port);
    }

    /// <summary>A name stands for all of its addresses, as in PostgreSQL's listen_addresses.</summary>
    public async Task<IReadOnlyList<IPAddress>> ResolveAsync(CancellationToken cancellationToken)
    {
        if (IPAddress.TryParse(Address, out var address))
            return [address];
        try
        {
            return [.. (await Dns.GetHostAddressesAsync(Address, cancellationToken)).Distinct().Take(MostAddresses)];
        }
        catch (SocketException failure)
        {
            throw new OperationException(
                ErrorCodes.ServerUnreachable, $"listening on {this}: the name has no address: {failure.Message}",
                "is the network up? An IP address in the cluster file needs no name server", failure);
        }
    }

    public override string ToString() => new MemberAddress(Address, Port).ToString();
}
