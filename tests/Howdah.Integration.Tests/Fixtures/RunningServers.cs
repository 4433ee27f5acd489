using System.Collections.Concurrent;

namespace Howdah.Integration.Tests.Fixtures;

/// <summary>Servers that run now: an interrupted test run kills them on its way out, by their process ids.</summary>
internal static class RunningServers
{
    private static readonly ConcurrentDictionary<TestServer, bool> Servers = new();

    static RunningServers() => AppDomain.CurrentDomain.ProcessExit += (_, _) =>
    {
        foreach (var server in Servers.Keys) server.KillNow();
    };

    public static void Register(TestServer server)
    {
        // Before the first server starts: orphans of pg_ctl must come to this process.
        ProcessTree.AdoptOrphans();
        Servers[server] = true;
    }

    public static void Forget(TestServer server) => Servers.TryRemove(server, out _);
}
