using System.Net;

namespace Howdah.Postgres.ConnectionStrings;

/// <summary>One place where a server may be.</summary>
/// <param name="Host">Host name, IP address or, starting with <c>/</c> (or <c>@</c>, abstract), the directory of a Unix socket.
/// The name that TLS verifies.</param>
/// <param name="Port">1 … 65535.</param>
/// <param name="HostAddress">Where to connect instead of resolving <paramref name="Host"/> (libpq <c>hostaddr</c>).</param>
public sealed record ServerAddress(string Host, int Port = ServerAddress.DefaultPort, IPAddress? HostAddress = null)
{
    public const int DefaultPort = 5432;

    public bool IsUnixSocket => HostAddress is null && (Host.StartsWith('/') || Host.StartsWith('@'));

    /// <summary>Path of the Unix socket, <c>DIR/.s.PGSQL.PORT</c>.</summary>
    public string SocketPath => $"{Host.TrimEnd('/')}/.s.PGSQL.{Port}";

    /// <summary>For messages: <c>host:port</c>, <c>[::1]:5432</c>, or the socket's path.</summary>
    public override string ToString()
    {
        if (IsUnixSocket)
            return SocketPath;
        var name = Host.Length > 0 ? Host : HostAddress?.ToString() ?? "";
        return name.Contains(':', StringComparison.Ordinal) ? $"[{name}]:{Port}" : $"{name}:{Port}";
    }
}
