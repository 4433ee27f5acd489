using System.Collections.Immutable;
using Howdah.Core.Errors;

namespace Howdah.Postgres.Settings;

/// <summary>One <c>name = value</c> of a file, with its line, counted from 1.</summary>
public sealed record ConfEntry(string Name, string Value, int Line);

public enum ConfIncludeKind
{
    File,
    FileIfExists,
    Directory,
}

/// <summary>An include, include_if_exists or include_dir line; the path is as written, relative to the file's directory.</summary>
public sealed record ConfInclude(ConfIncludeKind Kind, string Path, int Line);

/// <summary>
/// A postgresql.conf, or any file of its grammar, as text that can be changed: the user's comments, blank lines, order and
/// spelling stay. Immutable; a change answers a new one.
/// </summary>
/// <remarks>
/// Grammar: PostgreSQL 11-18, src/backend/utils/misc/guc-file.l. Names are compared without case; the last of duplicates wins.
/// </remarks>
public sealed class PostgresConf
{
    public static readonly PostgresConf Empty = new([], EndsWithNewLine: true);

    private readonly ImmutableArray<ConfLine> _lines;
    private readonly bool _endsWithNewLine;

    private PostgresConf(ImmutableArray<ConfLine> lines, bool EndsWithNewLine)
    {
        _lines = lines;
        _endsWithNewLine = EndsWithNewLine;
    }

    /// <summary>All settings in the order of the file, duplicates and all; includes are not followed.</summary>
    public IEnumerable<ConfEntry> Entries =>
        _lines.Select((line, index) => line.Name is null ? null : new ConfEntry(line.Name, line.Value!, index + 1)).OfType<ConfEntry>();

    public IEnumerable<ConfInclude> Includes =>
        _lines.Select(
            (line, index) => line.Include is { } kind ? new ConfInclude(kind, line.Value!, index + 1) : null).OfType<ConfInclude>();

    /// <param name="text">The file's text.</param>
    /// <param name="fileName">The name that errors give.</param>
    /// <exception cref="OperationException"><see cref="ErrorCodes.SettingsFileInvalid"/>: the server would refuse the file; names
    /// line and column.</exception>
    public static PostgresConf Parse(string text, string fileName)
    {
        if (text.Length == 0)
            return Empty;
        var endsWithNewLine = text.EndsWith('\n');
        var lines = (endsWithNewLine ? text[..^1] : text).Split('\n');
        var parsed = ImmutableArray.CreateBuilder<ConfLine>(lines.Length);
        for (var index = 0; index < lines.Length; index++)
            parsed.Add(ConfLine.Parse(lines[index], fileName, index + 1));
        return new PostgresConf(parsed.MoveToImmutable(), endsWithNewLine);
    }

    /// <summary>The value that this file alone gives to the setting; null where it is not set here.</summary>
    public string? Get(string name)
    {
        var index = LastIndexOf(name);
        return index < 0 ? null : _lines[index].Value;
    }

    /// <summary>
    /// Sets a value. The last line of that name is changed in place, with its comment kept; else the setting goes after its
    /// commented-out line, or to the end. A line that a later include could overrule is left, and a new one is added at the end.
    /// </summary>
    public PostgresConf Set(string name, string value, string? comment = null)
    {
        var lastInclude = LastIndex(line => line.Include is not null);
        var existing = LastIndexOf(name);
        if (existing > lastInclude)
            return string.Equals(_lines[existing].Value, value, StringComparison.Ordinal)
                ? this
                : With(_lines.SetItem(existing, _lines[existing].WithValue(value)));
        var added = ConfLine.Of(name, value, comment);
        var commentedOut = LastIndex(line => line.IsCommentedOut(name));
        return With(commentedOut > lastInclude ? _lines.Insert(commentedOut + 1, added) : _lines.Add(added));
    }

    /// <summary>Removes every line that sets the name.</summary>
    public PostgresConf Remove(string name) => With(_lines.RemoveAll(line => line.Sets(name)));

    /// <summary>Adds an include line at the end unless that file is already included.</summary>
    public PostgresConf Include(ConfIncludeKind kind, string path)
    {
        if (Includes.Any(include => include.Kind == kind && string.Equals(include.Path, path, StringComparison.Ordinal)))
            return this;
        return With(_lines.Add(ConfLine.OfInclude(kind, path)));
    }

    /// <summary>The file's text; what was parsed and not changed comes out byte for byte.</summary>
    public override string ToString()
    {
        if (_lines.IsEmpty)
            return string.Empty;
        var text = string.Join('\n', _lines.Select(line => line.Text));
        return _endsWithNewLine ? text + "\n" : text;
    }

    private PostgresConf With(ImmutableArray<ConfLine> lines) => new(lines, _endsWithNewLine || lines.Length > _lines.Length);

    private int LastIndexOf(string name) => LastIndex(line => line.Sets(name));

    private int LastIndex(Func<ConfLine, bool> matches)
    {
        for (var index = _lines.Length - 1; index >= 0; index--)
        {
            if (matches(_lines[index]))
                return index;
        }

        return -1;
    }
}
