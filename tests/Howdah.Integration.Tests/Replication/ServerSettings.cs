using Howdah.Core.Units;
using Howdah.Integration.Tests.Fixtures;
using Howdah.Postgres.ConnectionStrings;

namespace Howdah.Integration.Tests.Replication;

internal static class ServerSettings
{
    /// <summary>Our own settings for the superuser of a test server.</summary>
    public static ConnectionSettings Settings(this TestServer server) => ConnectionSettings.ForServer(server.Address, server.Port) with
    {
        User = "postgres",
        Password = new Secret(server.Password),
        SslMode = SslMode.Disable,
    };
}
