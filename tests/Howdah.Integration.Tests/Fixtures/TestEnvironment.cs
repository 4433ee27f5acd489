namespace Howdah.Integration.Tests.Fixtures;

/// <summary>What this machine allows: tests that cannot run are skipped at a desk and fail in CI, where a skip would hide a hole.</summary>
public static class TestEnvironment
{
    /// <summary>The user that runs PostgreSQL when the tests run as root, since PostgreSQL refuses to run as root.</summary>
    public const string ServerUser = "postgres";

    public static bool IsRoot { get; } = Environment.UserName == "root";

    public static bool IsCi { get; } = Environment.GetEnvironmentVariable("CI") == "true";

    public static CancellationToken Stop => TestContext.Current.CancellationToken;

    public static void SkipUnlessCi(string reason)
    {
        if (IsCi) Assert.Fail(reason);
        Assert.Skip(reason);
    }

    /// <summary>For mounts and network namespaces.</summary>
    public static void RequireRoot(string what)
    {
        if (!IsRoot) SkipUnlessCi($"{what} needs root");
    }
}
