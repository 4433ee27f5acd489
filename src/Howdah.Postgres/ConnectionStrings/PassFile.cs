using System.Text;
using Howdah.Core.Errors;
using Howdah.Core.Units;

namespace Howdah.Postgres.ConnectionStrings;

/// <summary>Whose password is looked for. <see cref="Database"/> is <c>replication</c> for a physical replication connection.</summary>
public readonly record struct PassFileKey(string Host, int Port, string Database, string User)
{
    public const string ReplicationDatabase = "replication";

    /// <summary>The key libpq would use for a server: a socket in the default directory counts as <c>localhost</c>.</summary>
    public static PassFileKey For(ServerAddress server, string database, string user)
    {
        var isDefaultSocket = server.IsUnixSocket && server.Host.TrimEnd('/') is "/tmp" or ConnectionDefaults.DebianSocketDirectory;
        var host = server.Host.Length > 0 ? server.Host : server.HostAddress?.ToString() ?? "";
        return new PassFileKey(isDefaultSocket || host.Length == 0 ? "localhost" : host, server.Port, database, user);
    }
}

/// <summary>
/// What a look into a password file gave: a password, or why there is none (null <see cref="Problem"/>: no line matched, or no
/// file).
/// </summary>
public readonly record struct PassFileAnswer(Secret? Password, string? Problem);

/// <summary>
/// Password files: lines <c>host:port:database:user:password</c>; <c>*</c> matches anything; <c>\:</c> and <c>\\</c> escape;
/// the first matching line counts.
/// </summary>
/// <remarks>PostgreSQL 11-18, documentation 34.16 and src/interfaces/libpq/fe-connect.c, passwordFromFile.</remarks>
public static class PassFile
{
    // Thousands of lines fit; libpq has no limit, but a file beyond this is not a password file.
    private const int LongestFileBytes = 4 << 20;

    private const UnixFileMode OthersMask =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>Looks a password up. As libpq, a file that group or others may touch is not used; unlike it, the answer says so.</summary>
    public static PassFileAnswer Find(string path, PassFileKey key)
    {
        try
        {
            var file = new FileInfo(path);
            if (file.Exists && file.ResolveLinkTarget(returnFinalTarget: true) is FileInfo target)
                file = target;
            // Pipes and terminals have no length: to read one would wait for whoever writes into it.
            if (!file.Exists || file.Length == 0)
                return default;
            if ((file.UnixFileMode & OthersMask) != UnixFileMode.None)
                return new PassFileAnswer(null, $"password file {path} is not used: group or others have access to it (chmod 0600)");
            if (file.Attributes.HasFlag(FileAttributes.Device) || file.Length > LongestFileBytes)
                return new PassFileAnswer(null, $"password file {path} is not used: it is not a plain file of less than 4 MiB");
            return new PassFileAnswer(FindLine(File.ReadAllText(path), key), null);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return new PassFileAnswer(null, $"password file {path} cannot be read: {exception.Message}");
        }
    }

    /// <summary>The password in the first line of <paramref name="text"/> that matches; malformed lines match nothing.</summary>
    public static Secret? FindLine(string text, PassFileKey key)
    {
        // Lines end with \n or \r\n only: EnumerateLines would also end one at U+0085, which a password may hold.
        foreach (var range in text.AsSpan().Split('\n'))
        {
            var rest = text.AsSpan(range).TrimEnd('\r');
            if (rest.IsEmpty || rest[0] == '#')
                continue;
            if (Matches(ref rest, key.Host)
                && Matches(ref rest, key.Port.ToString())
                && Matches(ref rest, key.Database)
                && Matches(ref rest, key.User))
                return new Secret(Unescape(rest));
        }

        return null;
    }

    /// <summary>One line without its line end. A field that is <c>*</c> matches anything.</summary>
    /// <exception cref="OperationException">A field holds a line break, which the format cannot express.</exception>
    public static string RenderLine(PassFileKey key, Secret password)
    {
        string[] fields = [key.Host, key.Port.ToString(), key.Database, key.User, password.Reveal()];
        if (fields.Any(field => field.AsSpan().IndexOfAny('\n', '\r', '\0') >= 0))
            throw new OperationException(
                ErrorCodes.ConnectionStringInvalid, "a password file cannot hold a field with a line break or a zero byte");
        return string.Join(':', fields.Select(Escape));
    }

    private static bool Matches(ref ReadOnlySpan<char> rest, string wanted)
    {
        var end = 0;
        while (end < rest.Length && rest[end] != ':')
            end += rest[end] == '\\' && end + 1 < rest.Length ? 2 : 1;
        if (end >= rest.Length)
            return false;
        var field = rest[..end];
        rest = rest[(end + 1)..];
        return field is "*" || Unescape(field) == wanted;
    }

    private static string Unescape(ReadOnlySpan<char> field)
    {
        var text = new StringBuilder(field.Length);
        for (var i = 0; i < field.Length; i++)
        {
            if (field[i] == '\\' && i + 1 < field.Length)
                i++;
            text.Append(field[i]);
        }

        return text.ToString();
    }

    private static string Escape(string field) =>
        field.Replace("\\", "\\\\", StringComparison.Ordinal).Replace(":", "\\:", StringComparison.Ordinal);
}
