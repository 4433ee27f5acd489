using Howdah.Postgres.Versions;

namespace Howdah.Postgres.ConnectionStrings;

/// <summary>Writes settings in the keyword=value form for the libpq of one major version.</summary>
internal static class ConninfoWriter
{
    public static string Write(ConnectionSettings settings, PostgresVersion reader) =>
        ConninfoText.Join(Keywords(settings, reader));

    /// <summary>What is to be written, in libpq's usual order; nothing secret, nothing that the reader would refuse, no defaults.</summary>
    public static IEnumerable<(string Keyword, string Value)> Keywords(ConnectionSettings settings, PostgresVersion reader) =>
        All(settings, reader).Where(
            pair => pair.Value is not null && IsKnown(pair.Keyword, reader)).Select(pair => (pair.Keyword, pair.Value!));

    private static bool IsKnown(string keyword, PostgresVersion reader) =>
        ConnectionKeywords.ByName.TryGetValue(keyword, out var known)
            && known.Since <= reader.Major
            && !ConnectionKeywords.IsSecret(keyword);

    private static IEnumerable<(string Keyword, string? Value)> All(ConnectionSettings settings, PostgresVersion reader)
    {
        var servers = settings.Servers;
        yield return ("host", servers.Any(server => server.Host.Length > 0) ? Join(servers, server => server.Host) : null);
        yield return (
            "hostaddr",
            servers.Any(server => server.HostAddress is not null) ? Join(servers, server => server.HostAddress?.ToString() ?? "") : null);
        yield return ("port", servers.Select(server => server.Port).Distinct().Count() == 1
            ? servers[0].Port.ToString()
            : Join(servers, server => server.Port.ToString()));
        yield return ("dbname", settings.Database);
        yield return ("user", settings.User);
        yield return ("passfile", settings.PassFile);
        yield return ("application_name", settings.ApplicationName);
        yield return ("options", settings.Options);
        yield return ("connect_timeout", Timeout(settings.ConnectTimeout));
        yield return (
            "sslmode", settings.SslMode == SslMode.Prefer ? null : ConnectionChoices.TextOf(ConnectionChoices.SslModes, settings.SslMode));
        yield return ("sslrootcert", settings.SslRootCert);
        yield return ("sslcert", settings.SslCert);
        yield return ("sslkey", settings.SslKey);
        yield return ("sslnegotiation", settings.SslNegotiation == SslNegotiation.Direct ? "direct" : null);
        yield return ("channel_binding", settings.ChannelBinding == ChannelBinding.Prefer
            ? null
            : ConnectionChoices.TextOf(ConnectionChoices.ChannelBindings, settings.ChannelBinding));
        yield return ("target_session_attrs", Target(settings.TargetSessionAttributes, reader));
        foreach (var (keyword, value) in settings.OtherKeywords.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            yield return (keyword, value);
    }

    private static string? Timeout(TimeSpan timeout)
    {
        if (timeout == ConnectionSettings.DefaultConnectTimeout)
            return null;
        return timeout == System.Threading.Timeout.InfiniteTimeSpan ? "0" : ((long)Math.Ceiling(timeout.TotalSeconds)).ToString();
    }

    private static string? Target(TargetSessionAttributes target, PostgresVersion reader)
    {
        if (target == TargetSessionAttributes.Any)
            return null;
        if (reader.Facts.HasAllTargetSessionAttributes || target == TargetSessionAttributes.ReadWrite)
            return ConnectionChoices.TextOf(ConnectionChoices.Targets, target);
        // Older readers know only any and read-write; the latter is what "primary" is for in practice.
        return target == TargetSessionAttributes.Primary ? "read-write" : null;
    }

    private static string Join(IReadOnlyList<ServerAddress> servers, Func<ServerAddress, string> part) =>
        string.Join(',', servers.Select(part));
}
