using Howdah.Core.Errors;

namespace Howdah.Postgres.ConnectionStrings;

/// <summary>
/// Connection service files: INI sections of <c>keyword=value</c> lines without quoting or blanks around <c>=</c>.
/// The user's file is looked at first, then the system's.
/// </summary>
/// <remarks>PostgreSQL 11-18, documentation 34.17 and src/interfaces/libpq/fe-connect.c, parseServiceInfo.</remarks>
internal static class ServiceFile
{
    // A service file is a few kilobytes; beyond this it is some other file.
    private const int LongestFileBytes = 1 << 20;

    public static List<ConnectionEntry> Find(string service, string? explicitFile, ConnectionDefaults defaults)
    {
        var userFile = explicitFile ?? defaults.Environment.GetValueOrDefault("PGSERVICEFILE");
        if (userFile is null && defaults.HomeDirectory is { } home)
            userFile = Path.Combine(home, ".pg_service.conf");
        var systemDirectory = defaults.Environment.GetValueOrDefault("PGSYSCONFDIR") ?? defaults.SystemConfigurationDirectory;
        string?[] files = [userFile, systemDirectory is null ? null : Path.Combine(systemDirectory, "pg_service.conf")];
        foreach (var file in files)
        {
            if (file is not null && File.Exists(file) && Read(ReadText(file), file, service) is { } entries)
                return entries;
        }

        throw new OperationException(
            ErrorCodes.ConnectionStringInvalid,
            $"service \"{service}\" is not defined in {string.Join(" or ", files.Where(file => file is not null))}");
    }

    /// <summary>The entries of one section; null where the file has no such section.</summary>
    public static List<ConnectionEntry>? Read(string text, string fileName, string service)
    {
        List<ConnectionEntry>? entries = null;
        var number = 0;
        foreach (var range in text.AsSpan().Split('\n'))
        {
            number++;
            var line = text.AsSpan(range).Trim();
            if (line.IsEmpty || line[0] == '#')
                continue;
            if (line[0] == '[')
            {
                if (entries is not null)
                    return entries;
                if (line[^1] == ']' && line[1..^1].SequenceEqual(service))
                    entries = [];
                continue;
            }

            entries?.Add(ReadLine(line.ToString(), $"{fileName} line {number}"));
        }

        return entries;
    }

    private static ConnectionEntry ReadLine(string line, string origin)
    {
        if (line.StartsWith("ldap", StringComparison.Ordinal))
            throw ConnectionEntry.Error(origin, "services from LDAP are not supported");
        var equals = line.IndexOf('=', StringComparison.Ordinal);
        if (equals < 0)
            throw ConnectionEntry.Error(origin, "missing '='", "write keyword=value without blanks around '='");
        var keyword = line[..equals];
        if (keyword is "service" or "servicefile")
            throw ConnectionEntry.Error(origin, "a service cannot refer to another service");
        if (!ConnectionKeywords.ByName.ContainsKey(keyword))
            throw ConnectionEntry.Error(origin, $"unknown keyword \"{keyword}\"");
        return new ConnectionEntry(keyword, line[(equals + 1)..], origin);
    }

    private static string ReadText(string file)
    {
        try
        {
            if (new FileInfo(file).Length > LongestFileBytes)
                throw ConnectionEntry.Error(file, "larger than 1 MiB, so not a service file");
            return File.ReadAllText(file);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new OperationException(
                ErrorCodes.ConnectionStringInvalid, $"service file {file} cannot be read: {exception.Message}", null, exception);
        }
    }
}
