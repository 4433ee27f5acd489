using Howdah.Postgres.Server;

namespace Howdah.Integration.Tests.Server;

/// <summary>
/// Tests of code that, like the product, runs wholly as an unprivileged user: where the test process is root, the test runs
/// again in a process of the user <c>postgres</c>, and that outcome counts.
/// </summary>
internal static class Unprivileged
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(5);

    private const string RowVariable = "HOWDAH_TEST_ROW";

    /// <summary>True where the test has run elsewhere and its caller has nothing left to do.</summary>
    /// <param name="row">For a theory: what tells its rows apart, since the other process is told the theory as a whole.</param>
    public static async Task<bool> HasRunElsewhereAsync(object? row = null)
    {
        var wanted = Environment.GetEnvironmentVariable(RowVariable);
        if (!UnprivilegedUser.IsRoot)
            return !string.IsNullOrEmpty(wanted) && wanted != $"{row}";
        var testCase = TestContext.Current.TestCase!;
        var assembly = typeof(Unprivileged).Assembly.Location;
        List<string> arguments = ["-u", "postgres", "--", "/usr/bin/env", $"{RowVariable}={row}", Environment.ProcessPath!];
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
            arguments.Add(assembly);
        arguments.AddRange(["-id", testCase.UniqueID, "-noLogo", "-noColor"]);
        var result = await ChildProcess.RunAsync(
            new ChildCommand("/usr/sbin/runuser", arguments, Deadline), TestContext.Current.CancellationToken);
        Assert.True(
            result.ExitCode == 0 && !result.Output.Contains("Total: 0", StringComparison.Ordinal), result.Output + result.ErrorOutput);
        return true;
    }
}
