namespace Howdah.Tidy.Tests;

/// <summary>The whole list. Add to it only what reads worse when split.</summary>
public static class TidyExceptions
{
    public static IReadOnlyList<TidyException> All { get; } =
    [
        new(
            "parameters",
            "src/Howdah.Postgres/Settings/ConfLine.cs: Error",
            "the place of an error: file, line, column, and what was seen"),
        new("parameters", "src/Howdah.Postgres/Settings/HbaToken.cs: ReadToken", "private: the state of a scan, by reference"),
        new(
            "parameters",
            "src/Howdah.Operations/ReceiveWal/GapRecorder.cs: RecordAsync",
            "the fields of a gap, in the order of its record"),
        new("parameters", "src/Howdah/Daemon/FrameworkLog.cs: Log", "implements ILogger"),
        new("sleep", "tests/Howdah.Integration.Tests/Fixtures/TestWait.cs", "the one place that waits between two looks at a condition"),
    ];
}
