using System.Buffers;
using System.Net;
using Howdah.Core.Errors;

namespace Howdah.Cluster.Trust;

/// <summary>Whom a certificate speaks for.</summary>
/// <param name="Name">The host's name in the cluster file; what peers are told apart by.</param>
/// <param name="Addresses">IP addresses and host names that others connect to, as the cluster file has them.</param>
public sealed record HostIdentity(string Name, IReadOnlyList<string> Addresses)
{
    /// <summary>As for every name in a cluster file; RFC 5280 allows 64 in a common name.</summary>
    private const int LongestName = 63;

    /// <summary>A host has a few networks; more than these is a mistake, and a certificate with thousands of names a burden.</summary>
    private const int MostAddresses = 32;

    private static readonly SearchValues<char> NameCharacters = SearchValues.Create(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");

    /// <summary>What is wrong with the host name, or null.</summary>
    internal static string? ProblemOf(string hostName)
    {
        if (hostName.Length is 0 or > LongestName)
            return $"a host name has 1 to {LongestName} characters, this one has {hostName.Length}";
        if (hostName.AsSpan().ContainsAnyExcept(NameCharacters))
            return "a host name holds only letters, digits, '.', '-' and '_'";
        return char.IsAsciiLetterOrDigit(hostName[0]) && IsDnsName(hostName)
            ? null
            : "a host name starts with a letter or digit and has something between its dots";
    }

    /// <exception cref="OperationException"><see cref="ErrorCodes.UsageInvalid"/></exception>
    internal static void RequireName(string hostName)
    {
        if (ProblemOf(hostName) is { } problem)
            throw new OperationException(ErrorCodes.UsageInvalid, problem, "use the host's name as the cluster file has it");
    }

    /// <exception cref="OperationException"><see cref="ErrorCodes.UsageInvalid"/></exception>
    internal void Require()
    {
        RequireName(Name);
        if (Addresses.Count > MostAddresses)
            throw new OperationException(
                ErrorCodes.UsageInvalid, $"host {Name} has {Addresses.Count} addresses, a certificate takes {MostAddresses}");
        for (var i = 0; i < Addresses.Count; i++)
        {
            if (ParseIp(Addresses[i]) is null && !IsDnsName(Addresses[i]))
                throw new OperationException(
                    ErrorCodes.UsageInvalid, $"address {i + 1} of host {Name} is neither an IP address nor a host name");
        }
    }

    /// <summary>Null for a host name. <see cref="IPAddress.TryParse(string, out IPAddress)"/> alone takes "10.1" and "7" too.</summary>
    internal static IPAddress? ParseIp(string address) =>
        (address.Contains(':') || (address.Count(c => c == '.') == 3 && address.All(c => char.IsAsciiDigit(c) || c == '.')))
        && !address.Contains('%') && IPAddress.TryParse(address, out var ip)
            ? ip
            : null;

    // RFC 1035, 2.3.4: 253 characters, 63 in each label. The underscore is none of DNS's, but some networks have it.
    private static bool IsDnsName(string text) =>
        text.Length <= 253
        && !text.AsSpan().ContainsAnyExcept(NameCharacters)
        && Array.TrueForAll(text.Split('.'), label => label.Length is > 0 and <= 63);
}
