using System.Net;
using System.Net.Sockets;

namespace Howdah.Integration.Tests.Fixtures;

/// <summary>Ports for servers: below the range of outgoing connections, each handed out once per run.</summary>
public static class FreePort
{
    private const int First = 20000;
    private const int Last = 32000;

    private static readonly Lock Gate = new();
    private static readonly HashSet<int> Taken = [];

    public static int Next(string address = "127.0.0.1")
    {
        lock (Gate)
        {
            while (Taken.Count < (Last - First) / 2)
            {
                var port = Random.Shared.Next(First, Last);
                if (IsFree(IPAddress.Parse(address), port) && Taken.Add(port)) return port;
            }
        }

        throw new InvalidOperationException("half of all ports have been handed out");
    }

    private static bool IsFree(IPAddress address, int port)
    {
        using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(address, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
