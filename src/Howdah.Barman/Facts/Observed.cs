namespace Howdah.Barman.Facts;

/// <summary>Something that was observed, or the reason why it could not be. The unknown is never taken for good.</summary>
/// <typeparam name="T">What was to be observed.</typeparam>
internal sealed record Observed<T>
    where T : class
{
    private Observed(T? value, string problem)
    {
        Value = value;
        Problem = problem;
    }

    /// <summary>Null where it could not be observed.</summary>
    public T? Value { get; }

    /// <summary>Why it could not be observed; empty where it was.</summary>
    public string Problem { get; }

    public static Observed<T> Of(T value) => new(value, "");

    public static Observed<T> Unknown(string problem) => new(null, problem);
}
