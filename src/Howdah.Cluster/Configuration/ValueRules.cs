using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Cronos;
using Howdah.Postgres.Replication;

namespace Howdah.Cluster.Configuration;

/// <summary>What names, addresses and paths may look like, each with the reason it is so.</summary>
internal static class ValueRules
{
    /// <summary>NAMEDATALEN - 1 of every PostgreSQL build that is shipped; longer names would be cut off silently.</summary>
    public const int LongestName = 63;

    private static readonly SearchValues<char> NameCharacters = SearchValues.Create(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"
    );

    private static readonly SearchValues<char> RoleCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789_");

    private static readonly string[] ReservedNodeNames = ["primary", "standby", "all", "any"];

    /// <summary>The message and suggestion of what is wrong with the value, or null.</summary>
    public static (string Message, string? Suggestion)? Check(ConfigKey key, string value) =>
        key.Kind switch
        {
            ConfigValueKind.Name => CheckName(value),
            ConfigValueKind.ApplicationName => CheckApplicationName(value),
            ConfigValueKind.SlotName => CheckSlotName(value),
            ConfigValueKind.RoleName => CheckRoleName(value),
            ConfigValueKind.Address => CheckAddress(value),
            ConfigValueKind.AbsolutePath => CheckPath(value),
            ConfigValueKind.Choice => CheckChoice(key, value),
            ConfigValueKind.Cron => CheckCron(value),
            _ => value.Length == 0 ? ("an empty string says nothing", null) : null,
        };

    private static (string Message, string? Suggestion)? CheckName(string value)
    {
        if (value.Length is 0 or > LongestName)
            return ($"a name has 1 to {LongestName} characters, this one has {value.Length}", null);
        if (value.AsSpan().IndexOfAnyExcept(NameCharacters) is >= 0 and var at)
            return ($"'{value[at]}' cannot be part of a name", "use letters, digits, '.', '-' and '_'");
        if (!char.IsAsciiLetterOrDigit(value[0]))
            return ($"a name starts with a letter or digit, not '{value[0]}'", null);
        return ReservedNodeNames.Contains(value, StringComparer.OrdinalIgnoreCase)
            ? ($"'{value}' is reserved: it stands for a role, and roles change hands", "name the machine, not what it does today")
            : null;
    }

    private static (string Message, string? Suggestion)? CheckApplicationName(string value)
    {
        if (value.Length is 0 or > LongestName)
            return ($"an application name has 1 to {LongestName} characters, this one has {value.Length}", null);
        if (value.AsSpan().IndexOfAnyExcept(NameCharacters) is >= 0 and var at)
            return ($"'{value[at]}' cannot be part of an application name here", "use letters, digits, '.', '-' and '_'");
        return null;
    }

    private static (string Message, string? Suggestion)? CheckSlotName(string value) =>
        ReplicationSlotName.FindProblem(value) is { } problem
            ? (problem, value.Length is 0 or > LongestName ? null : $"use {ReplicationSlotName.From(value)}")
            : null;

    private static (string Message, string? Suggestion)? CheckRoleName(string value)
    {
        if (value.Length is 0 or > LongestName)
            return ($"a role name has 1 to {LongestName} characters, this one has {value.Length}", null);
        if (value.AsSpan().ContainsAnyExcept(RoleCharacters) || char.IsAsciiDigit(value[0]))
        {
            return (
                "a role name here holds lower case letters, digits and '_', and starts with no digit",
                $"use {ReplicationSlotName.From(value)}");
        }

        if (value.StartsWith("pg_", StringComparison.Ordinal))
            return ("names that start with pg_ belong to PostgreSQL", null);
        return value is "public" or "none" or "all" or "replication" or "current_user" or "session_user"
            ? ($"'{value}' has a meaning of its own in PostgreSQL", null)
            : null;
    }

    private static (string Message, string? Suggestion)? CheckAddress(string value)
    {
        if (value.Contains(':') && IPAddress.TryParse(value, out var ipv6) && ipv6.AddressFamily == AddressFamily.InterNetworkV6)
            return ipv6.Equals(IPAddress.IPv6Any)
                ? ("'::' is every address, and none to connect to", "name one address of the host")
                : null;
        if (value.Contains(':'))
            return ($"'{value}' is no address", "write the port in its own key: port = 5432");
        if (value.Contains('/'))
            return ($"'{value}' is a network, not an address", "leave out what follows the '/'");
        return value.Length > 0 && value.All(c => char.IsAsciiDigit(c) || c == '.') ? CheckIpv4(value) : CheckHostName(value);
    }

    private static (string Message, string? Suggestion)? CheckIpv4(string value)
    {
        var parts = value.Split('.');
        if (parts.Length != 4 || !parts.All(part => byte.TryParse(part, out _)))
            return ($"'{value}' is no IPv4 address", "four numbers from 0 to 255, as in 10.0.10.2");
        return value == "0.0.0.0" ? ("0.0.0.0 is every address, and none to connect to", "name one address of the host") : null;
    }

    private static (string Message, string? Suggestion)? CheckHostName(string value)
    {
        var labels = value.Split('.');
        var right =
            value.Length is > 0 and <= 253
            && labels.All(label =>
                label.Length is > 0 and <= 63
                && label.All(c => char.IsAsciiLetterOrDigit(c) || c == '-')
                && label[0] != '-'
                && label[^1] != '-'
            );
        return right ? null : ($"'{value}' is neither an IP address nor a host name", "for example 10.0.10.2 or db1.example.org");
    }

    private static (string Message, string? Suggestion)? CheckPath(string value)
    {
        if (!Path.IsPathRooted(value))
            return ($"'{value}' is not absolute", $"start it with '/': /{value.TrimStart('.', '/', '~')}");
        return value.AsSpan().ContainsAny('\n', '\r', '\0') || value.Contains('\'')
            ? ("a path may not hold line ends or quotes", null)
            : null;
    }

    private static (string Message, string? Suggestion)? CheckCron(string value) =>
        CronExpression.TryParse(value, out _)
            ? null
            : ($"'{value}' is no cron expression", "five fields, minute hour day month weekday, as in \"30 2 * * *\"");

    private static (string Message, string? Suggestion)? CheckChoice(ConfigKey key, string value)
    {
        if (key.Choices.Contains(value, StringComparer.Ordinal))
            return null;
        var meant = Spelling.Nearest(value, key.Choices);
        var all = string.Join(", ", key.Choices.Select(choice => $"\"{choice}\""));
        return ($"'{value}' is none of {all}", meant is null ? null : $"did you mean \"{meant}\"?");
    }
}
