using System.Text;

namespace Howdah.Postgres.ConnectionStrings;

/// <summary>
/// The <c>keyword = value</c> form: blanks separate pairs and may surround <c>=</c>; a value is bare (backslash escapes one
/// character) or in single quotes with <c>\'</c> and <c>\\</c>.
/// </summary>
/// <remarks>PostgreSQL 11-18, src/interfaces/libpq/fe-connect.c, conninfo_parse.</remarks>
internal ref struct KeywordValueReader(string text)
{
    private readonly string _text = text;
    private int _position;

    public static List<ConnectionEntry> Read(string text)
    {
        var reader = new KeywordValueReader(text);
        var entries = new List<ConnectionEntry>();
        while (reader.TryReadPair(out var entry))
            entries.Add(entry);
        return entries;
    }

    private bool TryReadPair(out ConnectionEntry entry)
    {
        entry = default;
        SkipBlanks();
        if (_position == _text.Length)
            return false;
        var start = _position;
        while (_position < _text.Length && _text[_position] != '=' && !IsBlank(_text[_position]))
            _position++;
        var keyword = _text[start.._position];
        SkipBlanks();
        if (_position == _text.Length || _text[_position] != '=')
            throw ConnectionEntry.Error(
                ConnectionEntry.At(start), $"missing '=' after \"{keyword}\"", "write keyword=value, and quote a value with blanks: 'a b'");
        if (keyword.Length == 0)
            throw ConnectionEntry.Error(ConnectionEntry.At(start), "'=' without a keyword before it");
        if (!ConnectionKeywords.ByName.ContainsKey(keyword))
            throw ConnectionEntry.Error(ConnectionEntry.At(start), $"unknown keyword \"{keyword}\"");
        _position++;
        SkipBlanks();
        var origin = ConnectionEntry.At(_position);
        var value = _position < _text.Length && _text[_position] == '\'' ? ReadQuoted() : ReadBare();
        entry = new ConnectionEntry(keyword, value, origin);
        return true;
    }

    private string ReadBare()
    {
        var value = new StringBuilder();
        for (; _position < _text.Length && !IsBlank(_text[_position]); _position++)
        {
            if (_text[_position] == '\\' && ++_position == _text.Length)
                break;
            value.Append(_text[_position]);
        }

        return value.ToString();
    }

    private string ReadQuoted()
    {
        var start = _position++;
        var value = new StringBuilder();
        for (; _position < _text.Length; _position++)
        {
            if (_text[_position] == '\'')
            {
                _position++;
                return value.ToString();
            }

            if (_text[_position] == '\\' && ++_position == _text.Length)
                break;
            value.Append(_text[_position]);
        }

        throw ConnectionEntry.Error(ConnectionEntry.At(start), "quoted value without its closing quote");
    }

    private void SkipBlanks()
    {
        while (_position < _text.Length && IsBlank(_text[_position]))
            _position++;
    }

    // C's isspace() in the C locale.
    private static bool IsBlank(char c) => c is ' ' or (>= '\t' and <= '\r');
}
