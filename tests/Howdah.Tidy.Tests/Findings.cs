namespace Howdah.Tidy.Tests;

/// <summary>A place that breaks a rule and may: every one with its reason.</summary>
/// <param name="Rule">The rule's name, as the test passes it to <see cref="Findings.Expect"/>.</param>
/// <param name="Place">The start of the finding: a path, or a path and more.</param>
/// <param name="Reason">Why this place is better as it is.</param>
public sealed record TidyException(string Rule, string Place, string Reason);

/// <summary>Compares what a rule found with the list of exceptions.</summary>
public static class Findings
{
    /// <summary>Fails on every finding that is no exception, and on every exception that nothing needs any more.</summary>
    public static void Expect(string rule, IEnumerable<string> findings)
    {
        var exceptions = TidyExceptions.All.Where(exception => exception.Rule == rule).ToList();
        var found = findings.ToList();
        var broken = found.Where(finding => !exceptions.Exists(exception => finding.StartsWith(exception.Place))).ToList();
        var idle = exceptions.Where(exception => !found.Exists(finding => finding.StartsWith(exception.Place)));
        broken.AddRange(idle.Select(exception => $"{exception.Place}: the exception in TidyExceptions.cs is not needed any more"));
        if (broken.Count > 0) Assert.Fail($"{rule}:\n  {string.Join("\n  ", broken)}");
    }
}
