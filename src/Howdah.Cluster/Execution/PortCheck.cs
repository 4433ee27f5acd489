using System.Net;
using System.Net.Sockets;
using Howdah.Cluster.Observation;
using Howdah.Core.Errors;

namespace Howdah.Cluster.Execution;

/// <summary>
/// Whether ports of this machine are free; those of nodes that are still to be made, too: better known before a database system is made,
/// or a large one copied, than when its server is started.
/// </summary>
internal static class PortCheck
{
    /// <exception cref="OperationException"><see cref="ErrorCodes.ServerStartFailed"/>: somebody listens where a node is to.</exception>
    public static void Require(ClusterWorkshop workshop)
    {
        foreach (var node in workshop.Self.Nodes.Where(node => !workshop.Files.IsRemoved(node.Name)))
        {
            if (DataDirectoryFiles.IsAbsent(node.DataDirectory)
                && IPAddress.TryParse(node.Address, out var address)
                // Anything else, such as an address that this machine does not have, the server itself tells better.
                && TryListen(new IPEndPoint(address, node.Port)) is { SocketErrorCode: SocketError.AddressAlreadyInUse })
                throw new OperationException(
                    ErrorCodes.ServerStartFailed,
                    $"something else listens on {node.Address}:{node.Port}, where {node.Name} is to run",
                    "stop it, or give the node another port in the cluster file");
        }
    }

    /// <summary>Listens there for a moment; why it cannot, or null where it can.</summary>
    public static SocketException? TryListen(IPEndPoint place)
    {
        using var socket = new Socket(place.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(place);
            socket.Listen(1);
            return null;
        }
        catch (SocketException failure)
        {
            return failure;
        }
    }
}
