using System.Net;
using System.Net.Sockets;

namespace Howdah.Cluster.Configuration;

/// <summary>
/// Checks one line for pg_hba.conf (PostgreSQL manual 20.1) as far as a mistake would lock out or let in the wrong people.
/// </summary>
internal static class HbaLineCheck
{
    private static readonly string[] Types = ["local", "host", "hostssl", "hostnossl", "hostgssenc", "hostnogssenc"];

    private static readonly string[] Methods = ["scram-sha-256", "cert", "peer", "gss", "ldap", "radius", "pam", "bsd", "oauth", "reject"];

    /// <summary>What is wrong with the line, or null.</summary>
    public static (string Message, string? Suggestion)? Check(string line, int major)
    {
        if (line.AsSpan().ContainsAny('\n', '\r', '\0'))
            return ("a line for pg_hba.conf holds a line end", "write one string per line");
        if (!TrySplit(line, out var fields))
            return ("a quote in the line for pg_hba.conf is not closed", null);
        if (fields.Count == 0)
            return ("a line for pg_hba.conf is empty", null);
        if (!Types.Contains(fields[0], StringComparer.Ordinal))
            return (
                $"'{fields[0]}' is no connection type",
                Spelling.Nearest(fields[0], Types) is { } meant ? $"did you mean {meant}?" : $"one of {string.Join(", ", Types)}"
            );
        var local = fields[0] == "local";
        if (fields.Count < (local ? 4 : 5))
            return (
                $"a {fields[0]} line has {fields.Count} fields, but needs type, database, user, {(local ? "" : "address ")}and method",
                null
            );
        var method = 3;
        if (!local)
        {
            if (CheckAddress(fields, ref method) is { } wrong)
                return wrong;
        }

        return fields.Count <= method
            ? ("the line names no method", "end it with scram-sha-256")
            : CheckMethod(fields[method], local, major);
    }

    private static (string Message, string? Suggestion)? CheckAddress(List<string> fields, ref int method)
    {
        method = 4;
        var address = fields[3];
        if (address is "all" or "samehost" or "samenet")
            return null;
        var slash = address.IndexOf('/');
        if (!IPAddress.TryParse(slash < 0 ? address : address[..slash], out var parsed))
            return slash >= 0 || address.All(c => char.IsAsciiDigit(c) || c == '.')
                ? ($"'{address}' is no address", "for example 10.0.10.0/24")
                : null;
        var bits = parsed.AddressFamily == AddressFamily.InterNetwork ? 32 : 128;
        if (slash >= 0)
        {
            return int.TryParse(address.AsSpan(slash + 1), out var prefix) && prefix >= 0 && prefix <= bits
                ? null
                : ($"'{address}' has no valid prefix length", $"from /0 to /{bits}");
        }

        method = 5;
        return fields.Count > 4 && IPAddress.TryParse(fields[4], out _)
            ? null
            : ($"address {address} has no mask", $"write {address}/{bits}");
    }

    private static (string Message, string? Suggestion)? CheckMethod(string method, bool local, int major)
    {
        if (method is "trust")
            return ("method trust lets anybody in without a password", "use scram-sha-256");
        if (method is "md5" or "password" or "ident")
            return ($"method {method} can be overheard or forged", "use scram-sha-256");
        if (!Methods.Contains(method, StringComparer.Ordinal))
            return (
                $"'{method}' is no method",
                Spelling.Nearest(method, Methods) is { } meant ? $"did you mean {meant}?" : $"one of {string.Join(", ", Methods)}"
            );
        if (method is "peer" && !local)
            return ("method peer works for local connections only", "use scram-sha-256");
        return method is "oauth" && major is > 0 and < 18 ? ("method oauth exists from PostgreSQL 18 on", null) : null;
    }

    private static bool TrySplit(string line, out List<string> fields)
    {
        fields = [];
        var at = 0;
        while (at < line.Length && line[at] != '#')
        {
            if (line[at] is ' ' or '\t')
            {
                at++;
                continue;
            }

            var start = at;
            var quoted = false;
            while (at < line.Length && (quoted || line[at] is not (' ' or '\t' or '#')))
            {
                quoted ^= line[at] == '"';
                at++;
            }

            if (quoted)
                return false;
            fields.Add(line[start..at]);
        }

        return true;
    }
}
