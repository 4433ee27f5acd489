using System.Collections.Immutable;
using Howdah.Core.Errors;
using Howdah.Postgres.Versions;

namespace Howdah.Postgres.Settings;

/// <summary>An include, include_if_exists or include_dir line of pg_hba.conf (16 and later).</summary>
public sealed record HbaInclude(ConfIncludeKind Kind, string Path);

/// <summary>One entry of the file in its order: exactly one of the two is set.</summary>
/// <param name="Record">A rule.</param>
/// <param name="Include">An include line.</param>
/// <param name="Line">The line on which it begins, counted from 1.</param>
public sealed record HbaEntry(HbaRecord? Record, HbaInclude? Include, int Line);

/// <summary>
/// A pg_hba.conf as text that can be changed: comments, order and spelling of what was there stay. Immutable.
/// </summary>
/// <remarks>
/// Grammar: PostgreSQL 11-18, src/backend/libpq/hba.c; a backslash at the end of a line continues it from 14, include lines exist
/// from 16.
/// </remarks>
public sealed class PgHba
{
    private readonly ImmutableArray<Part> _parts;
    private readonly bool _endsWithNewLine;
    private readonly PostgresVersion _version;

    private PgHba(ImmutableArray<Part> parts, bool endsWithNewLine, PostgresVersion version)
    {
        _parts = parts;
        _endsWithNewLine = endsWithNewLine;
        _version = version;
    }

    /// <summary>Rules and includes in the order in which the server tries them.</summary>
    public IEnumerable<HbaEntry> Entries
    {
        get
        {
            var line = 1;
            foreach (var part in _parts)
            {
                if (part.Record is not null || part.Include is not null)
                    yield return new HbaEntry(part.Record, part.Include, line);
                line += part.LineCount;
            }
        }
    }

    public IEnumerable<HbaRecord> Records => _parts.Select(part => part.Record).OfType<HbaRecord>();

    /// <exception cref="OperationException"><see cref="ErrorCodes.SettingsFileInvalid"/>: the server would refuse the line that
    /// the message names.</exception>
    public static PgHba Parse(string text, string fileName, PostgresVersion version)
    {
        if (text.Length == 0)
            return new PgHba([], endsWithNewLine: true, version);
        var endsWithNewLine = text.EndsWith('\n');
        var lines = (endsWithNewLine ? text[..^1] : text).Split('\n');
        var parts = ImmutableArray.CreateBuilder<Part>();
        for (var index = 0; index < lines.Length;)
        {
            var count = 1;
            while (version.Facts.HasHbaContinuation && EndsWithBackslash(lines[index + count - 1]) && index + count < lines.Length)
                count++;
            parts.Add(ParsePart(string.Join('\n', lines, index, count), fileName, index + 1, version));
            index += count;
        }

        return new PgHba(parts.ToImmutable(), endsWithNewLine, version);
    }

    /// <summary>Puts a rule before all others, where it decides first. Nothing changes where an equal rule already stands first.</summary>
    public PgHba InsertFirst(string rule) => InsertBefore(_ => true, rule);

    /// <summary>
    /// Puts a rule before the first one that <paramref name="matches"/>, or at the end; nothing changes where an equal rule
    /// stands before that place.
    /// </summary>
    public PgHba InsertBefore(Func<HbaRecord, bool> matches, string rule)
    {
        var added = ParsePart(rule, "rule", 1, _version);
        if (added.Record is null)
            throw new ArgumentException($"not a rule of pg_hba.conf: {rule}", nameof(rule));
        var wanted = added.Record.ToString();
        for (var index = 0; index < _parts.Length; index++)
        {
            if (_parts[index].Record is not { } record)
                continue;
            if (string.Equals(record.ToString(), wanted, StringComparison.Ordinal))
                return this;
            if (matches(record))
                return With(_parts.Insert(index, added));
        }

        return With(_parts.Add(added));
    }

    /// <summary>Adds a rule after all others unless an equal one is there.</summary>
    public PgHba Append(string rule) => InsertBefore(_ => false, rule);

    public PgHba Remove(Func<HbaRecord, bool> matches) => With(_parts.RemoveAll(part => part.Record is { } record && matches(record)));

    /// <summary>The file's text; what was parsed and not changed comes out byte for byte.</summary>
    public override string ToString()
    {
        if (_parts.IsEmpty)
            return string.Empty;
        var text = string.Join('\n', _parts.Select(part => part.Text));
        return _endsWithNewLine ? text + "\n" : text;
    }

    private static Part ParsePart(string text, string fileName, int line, PostgresVersion version)
    {
        var logical = text.Contains('\n', StringComparison.Ordinal) ? Unfold(text) : text;
        if (version.Facts.HasHbaContinuation && EndsWithBackslash(logical))
            logical = logical.TrimEnd('\r')[..^1];
        var fields = new List<IReadOnlyList<HbaToken>>();
        if (!HbaScanner.TryRead(logical, fields, out var openQuote))
            throw Error(fileName, line, $"the quote that opens in column {openQuote + 1} is not closed");
        if (fields.Count == 0)
            return new Part(text, null, null);
        if (version.Facts.HasHbaInclude && fields is [[{ IsQuoted: false } word], [var path], ..] && IncludeKindOf(word.Text) is { } kind)
            return new Part(text, null, new HbaInclude(kind, path.Text));
        var (record, problem) = HbaRecord.FromFields(fields, version);
        return record is null ? throw Error(fileName, line, problem!) : new Part(text, record, null);
    }

    private static string Unfold(string text) =>
        string.Concat(text.Split('\n').Select(line => EndsWithBackslash(line) ? line.TrimEnd('\r')[..^1] : line));

    private static bool EndsWithBackslash(string line) => line.AsSpan().TrimEnd('\r').EndsWith("\\", StringComparison.Ordinal);

    private static ConfIncludeKind? IncludeKindOf(string word) => word switch
    {
        "include" => ConfIncludeKind.File,
        "include_if_exists" => ConfIncludeKind.FileIfExists,
        "include_dir" => ConfIncludeKind.Directory,
        _ => null,
    };

    private static OperationException Error(string fileName, int line, string problem) =>
        new(ErrorCodes.SettingsFileInvalid, $"{fileName} line {line}: {problem}");

    private PgHba With(ImmutableArray<Part> parts) => new(parts, _endsWithNewLine || parts.Length > _parts.Length, _version);

    private sealed record Part(string Text, HbaRecord? Record, HbaInclude? Include)
    {
        public int LineCount { get; } = Text.AsSpan().Count('\n') + 1;
    }
}
