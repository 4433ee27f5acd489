using Howdah.Cluster.Agents;
using Howdah.Cluster.Configuration;
using Howdah.Core.Errors;
using Howdah.Daemon;

namespace Howdah.Cli.Forwarding;

/// <summary>
/// Has commands carried out by the agent of the host that has what they need: what they write there comes out here, as it is written, and
/// their exit code is ours. When we end, they end.
/// </summary>
internal sealed class CommandForwarder(CliHost host, ClusterModel model)
{
    /// <summary>The host that is to carry it out; null where that is this one.</summary>
    /// <exception cref="OperationException"><see cref="ErrorCodes.AgentRefused"/>: it came from another host already, and is not for this
    /// one either.</exception>
    public HostModel? FindElsewhere(HostModel wanted, string name)
    {
        if (model.IsOnOneMachine || Placement.Elsewhere(model, wanted, FindSelf()) is not { } other)
            return null;
        // Two hosts that go by different files must not send it back and forth.
        return host.Environment(OwnCommand.ForwardedVariable) is not { Length: > 0 } ? other : throw new OperationException(
            ErrorCodes.AgentRefused, $"{name} came here from another host, and by the cluster file of this one it belongs on {other.Name}",
            "see howdah status whether all hosts have the same revision of the cluster file");
    }

    private string? FindSelf()
    {
        try
        {
            return AgentIdentity.Find(model.Paths);
        }
        catch (OperationException)
        {
            // Who cannot show a certificate has nobody to ask; and a restore on the backup host must not fail for it.
            return null;
        }
    }

    /// <returns>The command's exit code.</returns>
    /// <exception cref="OperationException">The agent cannot be reached, or does not do it.</exception>
    public async Task<int> RunAsync(HostModel other, ForwardedCommand command, CancellationToken cancellationToken)
    {
        using var channel = new AgentClient(model, host.Time);
        var heard = false;
        try
        {
            return await channel.RunCommandAsync(other, command.Arguments, Write, cancellationToken);
        }
        catch (OperationException failure) when (failure.Code == ErrorCodes.AgentUnreachable)
        {
            throw new OperationException(
                failure.Code, $"{command.Name} is carried out on {other.Name}, {command.Reason}: {failure.Message}",
                heard ? failure.Hint : $"start it on {other.Name}: systemctl start howdah-agent; howdah status tells who answers", failure);
        }

        void Write(CommandOutput output)
        {
            heard = true;
            var writer = output.Out is null ? host.Error : host.Out;
            writer.Write(output.Out ?? output.Error);
            if (!output.IsPart)
                writer.Write('\n');
            writer.Flush();
        }
    }
}
