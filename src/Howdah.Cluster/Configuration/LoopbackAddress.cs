using System.Net;

namespace Howdah.Cluster.Configuration;

/// <summary>Addresses that never leave this machine.</summary>
public static class LoopbackAddress
{
    /// <summary>True for 127.0.0.0/8, ::1 and <c>localhost</c>.</summary>
    public static bool Is(string address) =>
        string.Equals(address, "localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(address, out var parsed) && IPAddress.IsLoopback(parsed));
}
