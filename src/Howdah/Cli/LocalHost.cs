using System.CommandLine;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Howdah.Cluster.Configuration;
using Howdah.Core.Errors;

namespace Howdah.Cli;

/// <summary>Finds out which host of a cluster file this machine is.</summary>
internal static class LocalHost
{
    /// <summary>For a user who says so: what <see cref="Find"/> takes.</summary>
    public static Option<string?> NameOption() => new("--host")
    {
        Description = "which host of the cluster file this machine is",
        HelpName = "NAME",
        DefaultValueFactory = _ => null,
    };

    /// <param name="model">The cluster.</param>
    /// <param name="name">What the user says; null: by this machine's addresses.</param>
    /// <exception cref="OperationException"><see cref="ErrorCodes.NodeNotFound"/>: none, or several, are this machine.</exception>
    public static HostModel Find(ClusterModel model, string? name)
    {
        var known = string.Join(", ", model.Hosts.Select(host => $"{host.Name} ({host.Address})"));
        if (name is not null)
            return model.FindHost(name)
                ?? throw new OperationException(ErrorCodes.NodeNotFound, $"the cluster file names no host {name}", $"it names {known}");
        var own = OwnAddresses();
        var here = model.Hosts.Where(host => Resolve(host.Address).Any(own.Contains)).ToList();
        return here is [var only]
            ? only
            : throw new OperationException(
                ErrorCodes.NodeNotFound,
                here.Count == 0
                    ? $"none of the cluster file's addresses is one of this machine ({string.Join(", ", own)})"
                    : $"{string.Join(" and ", here.Select(host => host.Name))} both have an address of this machine",
                $"name it with --host; the cluster file has {known}"
            );
    }

    private static HashSet<IPAddress> OwnAddresses() =>
        NetworkInterface
            .GetAllNetworkInterfaces()
            .SelectMany(network => network.GetIPProperties().UnicastAddresses)
            .Select(unicast => unicast.Address)
            .Where(address => !IPAddress.IsLoopback(address) && !address.IsIPv6LinkLocal)
            .ToHashSet();

    private static IPAddress[] Resolve(string address)
    {
        try
        {
            return IPAddress.TryParse(address, out var literal) ? [literal] : Dns.GetHostAddresses(address);
        }
        catch (SocketException)
        {
            // A name that is known elsewhere only is none of ours.
            return [];
        }
    }
}
