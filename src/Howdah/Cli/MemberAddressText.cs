using System.Globalization;
using Howdah.Cluster.Agents;
using Howdah.Cluster.Configuration;
using Howdah.Core.Errors;

namespace Howdah.Cli;

/// <summary>Where an agent listens, as people write it: HOST or HOST:PORT, an IPv6 address with a port in brackets.</summary>
internal static class MemberAddressText
{
    public static string Of(MemberAddress member) => member.Port == AgentModel.DefaultPort ? member.HostText : member.ToString();

    public static MemberAddress Parse(string text)
    {
        var (host, port) = text.StartsWith('[') && text.IndexOf(']') is var end and > 0
            ? (text[1..end], text[(end + 1)..])
            : text.Split(':') is [var name, var number]
                ? (name, $":{number}")
                : (text, "");
        if (host.Length == 0)
            throw Invalid(text);
        if (port.Length == 0)
            return new MemberAddress(host, AgentModel.DefaultPort);
        return port[0] == ':' && ushort.TryParse(port[1..], NumberStyles.None, CultureInfo.InvariantCulture, out var parsed) && parsed > 0
            ? new MemberAddress(host, parsed)
            : throw Invalid(text);
    }

    private static OperationException Invalid(string text) =>
        new(ErrorCodes.UsageInvalid, $"'{text}' is no address of an agent", "write HOST, HOST:PORT or [IPV6]:PORT");
}
