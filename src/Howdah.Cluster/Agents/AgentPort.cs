using System.Net;
using Howdah.Cluster.Configuration;
using Howdah.Cluster.Execution;
using Howdah.Core.Errors;

namespace Howdah.Cluster.Agents;

/// <summary>The port that the agents of all hosts of a cluster listen on.</summary>
internal static class AgentPort
{
    /// <summary>Refuses a port that cannot be listened on here.</summary>
    /// <param name="self">This host, as the cluster file has it; a name is left to whoever listens.</param>
    /// <param name="port">The agents' next port.</param>
    /// <exception cref="OperationException"><see cref="ErrorCodes.Refused"/>: an agent could not listen there.</exception>
    public static void RequireFree(HostModel self, int port)
    {
        if (!IPAddress.TryParse(self.Address, out var address) || PortCheck.TryListen(new IPEndPoint(address, port)) is not { } failure)
            return;
        throw new OperationException(
            ErrorCodes.Refused,
            $"the agent of {self.Name} cannot listen on {new MemberAddress(self.Address, port)}: {failure.Message}",
            $"choose another [agent] port, or see who has it: ss -ltnp 'sport = :{port}'",
            failure);
    }
}
