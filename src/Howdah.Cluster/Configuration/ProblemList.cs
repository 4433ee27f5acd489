namespace Howdah.Cluster.Configuration;

/// <summary>Collects what is wrong in one file; findings are values, nothing stops at the first.</summary>
internal sealed class ProblemList
{
    private readonly List<ConfigProblem> _problems = [];

    /// <summary>The lines with syntax errors.</summary>
    private readonly HashSet<int> _unreadable = [];

    public bool Any => _problems.Count > 0;

    /// <summary>The text could not be read in full, so what seems missing may only have been unreadable.</summary>
    public bool HasSyntaxErrors => _unreadable.Count > 0;

    /// <summary>What is said of a line that could not be read would be said of something that nobody wrote, and is left out.</summary>
    public void Add(ConfigPosition position, string message, string? suggestion)
    {
        if (!_unreadable.Contains(position.Line))
            _problems.Add(new ConfigProblem(position.Line, position.Column, message, suggestion));
    }

    /// <summary>The parser may report one place several times, and the line after it too, while it finds its way back.</summary>
    public void AddSyntax(ConfigPosition position, (string Message, string? Suggestion) complaint)
    {
        var isEcho = _unreadable.Contains(position.Line - 1) && (position.Column == 1 || _problems[^1].Message == complaint.Message);
        if (!_unreadable.Contains(position.Line) && !isEcho)
            _problems.Add(new ConfigProblem(position.Line, position.Column, complaint.Message, complaint.Suggestion));
        _unreadable.Add(position.Line);
    }

    /// <summary>Something required is not there. Held back while the file has syntax errors.</summary>
    public void AddMissing(ConfigPosition position, string message, string? suggestion)
    {
        if (!HasSyntaxErrors)
            Add(position, message, suggestion);
    }

    /// <summary>In the order of the file.</summary>
    public IReadOnlyList<ConfigProblem> ToSorted() => [.. _problems.OrderBy(problem => problem.Line).ThenBy(problem => problem.Column)];
}
