namespace Howdah.Cluster.Configuration;

/// <summary>Collects what is wrong in one file; findings are values, nothing stops at the first.</summary>
internal sealed class ProblemList
{
    private readonly List<ConfigProblem> _problems = [];

    public bool Any => _problems.Count > 0;

    /// <summary>The text could not be read in full, so what seems missing may only have been unreadable.</summary>
    public bool HasSyntaxErrors { get; private set; }

    public void Add(ConfigPosition position, string message, string? suggestion) =>
        _problems.Add(new ConfigProblem(position.Line, position.Column, message, suggestion));

    public void AddSyntax(ConfigPosition position, string message)
    {
        HasSyntaxErrors = true;
        // The parser may report one place several times while it finds its way back.
        if (!_problems.Exists(known => known.Line == position.Line))
            Add(position, message, null);
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
