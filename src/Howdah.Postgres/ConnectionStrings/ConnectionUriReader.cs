using System.Text;

namespace Howdah.Postgres.ConnectionStrings;

/// <summary>
/// The URI form: <c>postgresql://user:password@host:port,host:port/database?keyword=value</c>. Everything may be missing,
/// everything may be percent-encoded, an IPv6 address stands in brackets.
/// </summary>
/// <remarks>
/// PostgreSQL 11-18, src/interfaces/libpq/fe-connect.c, conninfo_uri_parse_options. System.Uri refuses several of the legal
/// forms.
/// </remarks>
internal ref struct ConnectionUriReader(string text)
{
    private static readonly string[] Schemes = ["postgresql://", "postgres://"];

    // Bytes above ASCII may only come percent-encoded as UTF-8; anything else is a typing error worth a message.
    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    private readonly string _text = text;
    private readonly List<ConnectionEntry> _entries = [];
    private int _position;

    public static bool IsUri(string text) => Schemes.Any(scheme => text.StartsWith(scheme, StringComparison.Ordinal));

    public static List<ConnectionEntry> Read(string text)
    {
        var reader = new ConnectionUriReader(text);
        reader.ReadAll();
        return reader._entries;
    }

    private void ReadAll()
    {
        foreach (var scheme in Schemes)
        {
            if (_text.StartsWith(scheme, StringComparison.Ordinal))
                _position = scheme.Length;
        }

        ReadUserInfo();
        ReadHosts();
        if (Current == '/')
        {
            _position++;
            Add("dbname", TakeUntil('?'));
        }

        if (Current == '?')
            ReadParameters();
    }

    private readonly char Current => _position < _text.Length ? _text[_position] : '\0';

    private void ReadUserInfo()
    {
        var authorityEnd = _text.AsSpan(_position).IndexOfAny('/', '?');
        var authority = authorityEnd < 0 ? _text.AsSpan(_position) : _text.AsSpan(_position, authorityEnd);
        var at = authority.IndexOf('@');
        if (at < 0)
            return;
        var end = _position + at;
        var colon = authority[..at].IndexOf(':');
        var userEnd = colon < 0 ? end : _position + colon;
        Add("user", new Range(_position, userEnd));
        if (colon >= 0)
            Add("password", new Range(userEnd + 1, end));
        _position = end + 1;
    }

    private void ReadHosts()
    {
        var start = _position;
        var hosts = new List<string>();
        var ports = new List<string>();
        while (true)
        {
            hosts.Add(Current == '[' ? ReadBracketedHost() : Decode(TakeUntil(':', ',', '/', '?')));
            if (Current == ':')
            {
                _position++;
                ports.Add(Decode(TakeUntil(',', '/', '?')));
            }
            else
            {
                ports.Add("");
            }

            if (Current != ',')
                break;
            _position++;
        }

        if (hosts.Any(host => host.Length > 0) || hosts.Count > 1)
            _entries.Add(new ConnectionEntry("host", string.Join(',', hosts), ConnectionEntry.At(start)));
        if (ports.Any(port => port.Length > 0))
            _entries.Add(new ConnectionEntry("port", string.Join(',', ports), ConnectionEntry.At(start)));
    }

    private string ReadBracketedHost()
    {
        var start = _position++;
        var host = Decode(TakeUntil(']'));
        if (Current != ']')
            throw ConnectionEntry.Error(ConnectionEntry.At(start), "'[' without ']' around an IPv6 address");
        if (host.Length == 0)
            throw ConnectionEntry.Error(ConnectionEntry.At(start), "no IPv6 address between '[' and ']'");
        _position++;
        if (Current is not ('\0' or ':' or ',' or '/' or '?'))
            throw ConnectionEntry.Error(ConnectionEntry.At(_position), $"'{Current}' after ']': expected ':', ',', '/' or '?'");
        return host;
    }

    private void ReadParameters()
    {
        while (Current is '?' or '&')
        {
            var start = ++_position;
            if (_position == _text.Length)
                return;
            var keyword = Decode(TakeUntil('=', '&'));
            if (Current != '=')
                throw ConnectionEntry.Error(ConnectionEntry.At(start), $"missing '=' after \"{keyword}\"");
            var valueStart = ++_position;
            var value = Decode(TakeUntil('&'));
            if (value.Contains('=', StringComparison.Ordinal) && _text.AsSpan(valueStart, _position - valueStart).Contains('='))
                throw ConnectionEntry.Error(
                    ConnectionEntry.At(valueStart), $"extra '=' in the value of \"{keyword}\"", "write %3D for '=' in a value");
            // JDBC's way of asking for TLS (libpq accepts it too).
            if (keyword == "ssl" && value == "true")
                (keyword, value) = ("sslmode", "require");
            if (!ConnectionKeywords.ByName.ContainsKey(keyword))
                throw ConnectionEntry.Error(ConnectionEntry.At(start), $"unknown keyword \"{keyword}\"");
            _entries.Add(new ConnectionEntry(keyword, value, ConnectionEntry.At(valueStart)));
        }
    }

    private void Add(string keyword, Range range)
    {
        var value = Decode(range);
        if (value.Length > 0)
            _entries.Add(new ConnectionEntry(keyword, value, ConnectionEntry.At(range.Start.Value)));
    }

    private Range TakeUntil(params ReadOnlySpan<char> ends)
    {
        var start = _position;
        var length = _text.AsSpan(start).IndexOfAny(ends);
        _position = length < 0 ? _text.Length : start + length;
        return new Range(start, _position);
    }

    private readonly string Decode(Range range)
    {
        var (start, length) = range.GetOffsetAndLength(_text.Length);
        var raw = _text.AsSpan(start, length);
        if (!raw.Contains('%'))
            return raw.ToString();
        var bytes = new List<byte>(length);
        for (var i = 0; i < raw.Length; i++)
        {
            var plain = raw[i..].IndexOf('%');
            if (plain != 0)
            {
                plain = plain < 0 ? raw.Length - i : plain;
                bytes.AddRange(Encoding.UTF8.GetBytes(raw.Slice(i, plain).ToString()));
                i += plain - 1;
                continue;
            }

            if (i + 2 >= raw.Length || !char.IsAsciiHexDigit(raw[i + 1]) || !char.IsAsciiHexDigit(raw[i + 2]))
                throw ConnectionEntry.Error(
                    ConnectionEntry.At(start + i), "'%' is not followed by two hexadecimal digits", "write %25 for '%'");
            var value = Convert.FromHexString(raw.Slice(i + 1, 2))[0];
            if (value == 0)
                throw ConnectionEntry.Error(ConnectionEntry.At(start + i), "%00 is forbidden");
            bytes.Add(value);
            i += 2;
        }

        try
        {
            return StrictUtf8.GetString([.. bytes]);
        }
        catch (DecoderFallbackException)
        {
            throw ConnectionEntry.Error(ConnectionEntry.At(start), "percent-encoded bytes are not UTF-8");
        }
    }
}
