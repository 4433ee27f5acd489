using System.Globalization;
using Howdah.Core.Units;

namespace Howdah.Postgres.ConnectionStrings;

/// <summary>
/// Reads libpq connection strings, both forms. What the string leaves open comes from its service, then the environment,
/// then defaults.
/// </summary>
public static class ConnectionStringParser
{
    /// <exception cref="Core.Errors.OperationException">
    /// <see cref="Core.Errors.ErrorCodes.ConnectionStringInvalid"/>; the message names position, file line or variable, never a password.
    /// </exception>
    public static ConnectionSettings Parse(string conninfoOrUri, ConnectionDefaults defaults)
    {
        var entries = new Dictionary<string, ConnectionEntry>(StringComparer.Ordinal);
        foreach (
            var entry in ConnectionUriReader.IsUri(conninfoOrUri)
                ? ConnectionUriReader.Read(conninfoOrUri)
                : KeywordValueReader.Read(conninfoOrUri))
            entries[entry.Keyword] = entry;
        AddService(entries, defaults);
        foreach (var keyword in ConnectionKeywords.ByName.Values)
        {
            if (keyword.Variable is { } variable && defaults.Environment.TryGetValue(variable, out var value) && value.Length > 0)
                entries.TryAdd(keyword.Name, new ConnectionEntry(keyword.Name, value, $"environment variable {variable}"));
        }

        return Build(new ConnectionEntries(entries), defaults);
    }

    private static void AddService(Dictionary<string, ConnectionEntry> entries, ConnectionDefaults defaults)
    {
        var service = entries.TryGetValue("service", out var named) ? named.Value : defaults.Environment.GetValueOrDefault("PGSERVICE");
        if (string.IsNullOrEmpty(service))
            return;
        var file = entries.TryGetValue("servicefile", out var explicitFile) ? explicitFile.Value : null;
        var fromService = new Dictionary<string, ConnectionEntry>(StringComparer.Ordinal);
        foreach (var entry in ServiceFile.Find(service, file, defaults))
            fromService.TryAdd(entry.Keyword, entry);
        foreach (var entry in fromService.Values)
            entries.TryAdd(entry.Keyword, entry);
    }

    private static ConnectionSettings Build(ConnectionEntries entries, ConnectionDefaults defaults)
    {
        var rootCert = entries.Take("sslrootcert");
        var settings = new ConnectionSettings
        {
            Servers = ServerList.Read(entries, defaults),
            User = entries.Take("user") ?? defaults.UserName,
            Database = entries.Take("dbname"),
            Password = entries.Take("password") is { } password ? new Secret(password) : null,
            PassFile = entries.Take("passfile") ?? InHome(defaults, ".pgpass"),
            SslMode = entries.TakeChoice("sslmode", ConnectionChoices.SslModes) ?? (
                rootCert == "system" ? SslMode.VerifyFull : SslMode.Prefer),
            SslRootCert = rootCert ?? InHome(defaults, ".postgresql/root.crt", mustExist: true),
            SslCert = entries.Take("sslcert") ?? InHome(defaults, ".postgresql/postgresql.crt", mustExist: true),
            SslKey = entries.Take("sslkey") ?? InHome(defaults, ".postgresql/postgresql.key", mustExist: true),
            SslNegotiation = entries.TakeChoice("sslnegotiation", ConnectionChoices.SslNegotiations) ?? SslNegotiation.Postgres,
            ChannelBinding = entries.TakeChoice("channel_binding", ConnectionChoices.ChannelBindings) ?? ChannelBinding.Prefer,
            ApplicationName = entries.Take("application_name") ?? entries.Take("fallback_application_name"),
            Options = entries.Take("options"),
            ConnectTimeout = ReadTimeout(entries),
            TargetSessionAttributes = entries.TakeChoice("target_session_attrs", ConnectionChoices.Targets) ?? TargetSessionAttributes.Any,
        };
        if (settings.SslNegotiation == SslNegotiation.Direct && settings.SslMode < SslMode.Require)
            throw ConnectionEntry.Error("connection string", "sslnegotiation=direct needs sslmode=require or stronger");
        if (rootCert == "system" && settings.SslMode != SslMode.VerifyFull)
            throw ConnectionEntry.Error(
                "connection string",
                "sslrootcert=system needs sslmode=verify-full",
                "any public authority would vouch for any host otherwise");
        return settings with { OtherKeywords = entries.Rest() };
    }

    private static TimeSpan ReadTimeout(ConnectionEntries entries)
    {
        if (entries.Find("connect_timeout") is not { Value.Length: > 0 } entry)
            return ConnectionSettings.DefaultConnectTimeout;
        if (!int.TryParse(entry.Value.Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var seconds))
            throw entry.Invalid($"connect_timeout \"{entry.Value}\" is not a whole number of seconds");
        // libpq: zero and below wait for ever, 1 is rounded up to 2.
        return seconds <= 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromSeconds(Math.Max(seconds, 2));
    }

    private static string? InHome(ConnectionDefaults defaults, string name, bool mustExist = false)
    {
        if (defaults.HomeDirectory is null)
            return null;
        var path = Path.Combine(defaults.HomeDirectory, name);
        return mustExist && !File.Exists(path) ? null : path;
    }
}
