using Howdah.Core.Errors;

namespace Howdah.Postgres.ConnectionStrings;

/// <summary>One keyword with its value and where it was written, for messages: "connection string, position 17".</summary>
internal readonly record struct ConnectionEntry(string Keyword, string Value, string Origin)
{
    public OperationException Invalid(string problem, string? hint = null) => Error(Origin, problem, hint);

    public static OperationException Error(string origin, string problem, string? hint = null) =>
        new(ErrorCodes.ConnectionStringInvalid, $"{origin}: {problem}", hint);

    /// <param name="index">0-based; people count from 1.</param>
    public static string At(int index) => $"connection string, position {index + 1}";
}
