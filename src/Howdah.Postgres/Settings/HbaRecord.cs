using System.Collections.Immutable;
using System.Net;
using Howdah.Postgres.Versions;

namespace Howdah.Postgres.Settings;

public enum HbaConnection
{
    Local,
    Host,
    HostSsl,
    HostNoSsl,
    HostGssEncrypted,
    HostNotGssEncrypted,
}

/// <summary>
/// One rule of pg_hba.conf. The first rule whose connection, database, user and address match decides.
/// </summary>
/// <param name="Connection">Kind of connection.</param>
/// <param name="Databases">Names or keywords; <c>replication</c> as a keyword means replication connections and no database.</param>
/// <param name="Users">Names or keywords; <c>+role</c> means its members.</param>
/// <param name="Address">Network, host name, <c>all</c>, <c>samehost</c> or <c>samenet</c>; null for
/// <see cref="HbaConnection.Local"/>.</param>
/// <param name="Mask">Separate mask, where the file gives one.</param>
/// <param name="Method">Authentication method.</param>
/// <param name="Options"><c>name=value</c> after the method.</param>
public sealed record HbaRecord(
    HbaConnection Connection,
    IReadOnlyList<HbaToken> Databases,
    IReadOnlyList<HbaToken> Users,
    string? Address,
    string? Mask,
    string Method,
    IReadOnlyList<KeyValuePair<string, string>> Options)
{
    private static readonly (string Word, HbaConnection Connection, int Since)[] Words =
    [
        ("local", HbaConnection.Local, 11),
        ("host", HbaConnection.Host, 11),
        ("hostssl", HbaConnection.HostSsl, 11),
        ("hostnossl", HbaConnection.HostNoSsl, 11),
        ("hostgssenc", HbaConnection.HostGssEncrypted, 12),
        ("hostnogssenc", HbaConnection.HostNotGssEncrypted, 12),
    ];

    private static readonly ImmutableArray<string> Methods =
        [
            "trust",
            "reject",
            "scram-sha-256",
            "md5",
            "password",
            "gss",
            "sspi",
            "ident",
            "peer",
            "ldap",
            "radius",
            "cert",
            "pam",
            "bsd",
            "oauth"
        ];

    /// <summary>The rule as one line.</summary>
    public override string ToString()
    {
        var word = Words.First(row => row.Connection == Connection).Word;
        var fields = new List<string> { word, Join(Databases), Join(Users) };
        if (Address is not null)
            fields.Add(new HbaToken(Address, IsQuoted: false).ToString());
        if (Mask is not null)
            fields.Add(Mask);
        fields.Add(Method);
        fields.AddRange(Options.Select(option => new HbaToken($"{option.Key}={option.Value}", IsQuoted: false).ToString()));
        return string.Join(' ', fields);
    }

    /// <summary>Makes a rule of the fields of a line; answers what is wrong with them instead where they are none.</summary>
    internal static (HbaRecord? Record, string? Problem) FromFields(IReadOnlyList<IReadOnlyList<HbaToken>> fields, PostgresVersion version)
    {
        var word = fields[0][0].Text;
        var row = Words.FirstOrDefault(candidate => string.Equals(candidate.Word, word, StringComparison.Ordinal));
        if (row.Word is null || row.Since > version.Major)
            return (null, $"\"{word}\" is no connection type of PostgreSQL {version.Major}");
        if (fields[0].Count > 1)
            return (null, "only one connection type may stand on a line");
        if (fields.Count < 3)
            return (null, fields.Count < 2 ? "the line ends before the database" : "the line ends before the user");
        var next = 3;
        string? address = null, mask = null;
        if (row.Connection != HbaConnection.Local && ReadAddress(fields, ref next, out address, out mask) is { } problem)
            return (null, problem);
        if (fields.Count <= next)
            return (null, "the line ends before the authentication method");
        var method = fields[next][0].Text;
        if (fields[next].Count > 1 || !Methods.Contains(method, StringComparer.Ordinal))
            return (null, $"\"{method}\" is no authentication method");
        var options = new List<KeyValuePair<string, string>>();
        foreach (var token in fields.Skip(next + 1).SelectMany(field => field))
        {
            var equals = token.Text.IndexOf('=', StringComparison.Ordinal);
            if (equals < 1)
                return (null, $"option \"{token.Text}\" is not of the form name=value");
            options.Add(KeyValuePair.Create(token.Text[..equals], token.Text[(equals + 1)..]));
        }

        return (new HbaRecord(row.Connection, fields[1], fields[2], address, mask, method, options), null);
    }

    private static string? ReadAddress(IReadOnlyList<IReadOnlyList<HbaToken>> fields, ref int next, out string? address, out string? mask)
    {
        address = mask = null;
        if (fields.Count <= next)
            return "the line ends before the address";
        if (fields[next].Count > 1)
            return "only one address may stand on a line";
        address = fields[next++][0].Text;
        var slash = address.IndexOf('/', StringComparison.Ordinal);
        if (slash >= 0)
            return IsNetwork(address, slash) ? null : $"\"{address}\" is no network in CIDR form";
        if (!IPAddress.TryParse(address, out var parsed) || !address.AsSpan().ContainsAny('.', ':'))
            return null;
        if (fields.Count <= next)
            return "an address without /length needs a mask after it";
        mask = fields[next++][0].Text;
        return IPAddress.TryParse(mask, out var parsedMask) && parsedMask.AddressFamily == parsed.AddressFamily
            ? null
            : $"\"{mask}\" is no mask for address {address}";
    }

    private static bool IsNetwork(string text, int slash) =>
        IPAddress.TryParse(text.AsSpan(0, slash), out var address)
        && int.TryParse(text.AsSpan(slash + 1), out var length)
        && length >= 0 && length <= (address.GetAddressBytes().Length * 8);

    private static string Join(IReadOnlyList<HbaToken> tokens) => string.Join(',', tokens);
}
