namespace Howdah.Cluster.Configuration;

/// <summary>One thing wrong in a cluster file.</summary>
/// <param name="Line">1 and up; 0 where the problem is about the file as a whole.</param>
/// <param name="Column">1 and up; 0 where the problem is about the file as a whole.</param>
/// <param name="Message">Lower case, no full stop: what was found.</param>
/// <param name="Suggestion">What would be right; null where the message already says it.</param>
public sealed record ConfigProblem(int Line, int Column, string Message, string? Suggestion);
