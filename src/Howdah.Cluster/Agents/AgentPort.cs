using System.Net;
using System.Net.Sockets;
using Howdah.Cluster.Configuration;
using Howdah.Core.Errors;

namespace Howdah.Cluster.Agents;

/// <summary>The port that the agents of all hosts of a cluster listen on.</summary>
internal static class AgentPort
{
    /// <summary>Opens the port on this host, and closes it again.</summary>
    /// <param name="self">This host, as the cluster file has it; a name is left to whoever listens.</param>
    /// <param name="port">The agents' next port.</param>
    /// <exception cref="OperationException"><see cref="ErrorCodes.Refused"/>: an agent could not listen there.</exception>
    public static void RequireFree(HostModel self, int port)
    {
        if (!IPAddress.TryParse(self.Address, out var address))
            return;
        var listener = new TcpListener(address, port);
        try
        {
            listener.Start();
        }
        catch (SocketException failure)
        {
            throw new OperationException(
                ErrorCodes.Refused,
                $"the agent of {self.Name} cannot listen on {new MemberAddress(self.Address, port)}: {failure.Message}",
                $"choose another [agent] port, or see who has it: ss -ltnp 'sport = :{port}'",
                failure);
        }
        finally
        {
            listener.Dispose();
        }
    }
}
