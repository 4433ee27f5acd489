using Howdah.Postgres.Versions;

namespace Howdah.Postgres.ConnectionStrings;

/// <summary>Writes settings in the URI form for the libpq of one major version.</summary>
internal static class ConnectionUriWriter
{
    public static string Write(ConnectionSettings settings, PostgresVersion reader)
    {
        var user = settings.User is null ? "" : $"{Uri.EscapeDataString(settings.User)}@";
        var hosts = string.Join(',', settings.Servers.Select(server => $"{Host(server)}:{server.Port}"));
        var database = settings.Database is null ? "" : Uri.EscapeDataString(settings.Database);
        var parameters = string.Join('&', ConninfoWriter.Keywords(settings, reader)
            .Where(pair => pair.Keyword is not ("host" or "port" or "dbname" or "user"))
            .Select(pair => $"{pair.Keyword}={Uri.EscapeDataString(pair.Value)}"));
        return $"postgresql://{user}{hosts}/{database}{(parameters.Length > 0 ? "?" : "")}{parameters}";
    }

    private static string Host(ServerAddress server) =>
        server.Host.Contains(':', StringComparison.Ordinal) ? $"[{server.Host}]" : Uri.EscapeDataString(server.Host);
}
