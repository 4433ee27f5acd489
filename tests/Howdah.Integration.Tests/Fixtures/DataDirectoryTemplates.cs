namespace Howdah.Integration.Tests.Fixtures;

/// <summary>
/// Data directories made once per run and copied for each server, since initdb takes seconds. Copies share a system identifier.
/// </summary>
public static class DataDirectoryTemplates
{
    /// <summary>The superuser's password in every test server; it guards loopback ports for the seconds of a test.</summary>
    public const string Password = "postgres-test-password";

    private static readonly SemaphoreSlim Gate = new(1);
    private static readonly Dictionary<(int Major, int SegmentSizeMegabytes), string> Templates = [];

    static DataDirectoryTemplates() => AppDomain.CurrentDomain.ProcessExit += (_, _) =>
    {
        foreach (var template in Templates.Values) Directory.Delete(Path.GetDirectoryName(template)!, recursive: true);
    };

    /// <summary>Copies the template of the version to a place that does not exist yet.</summary>
    public static async Task CopyAsync(TestInstallation installation, int segmentSizeMegabytes, string target)
    {
        string? template;
        await Gate.WaitAsync(TestEnvironment.Stop);
        try
        {
            var key = (installation.Major, segmentSizeMegabytes);
            if (!Templates.TryGetValue(key, out template)) Templates[key] = template = await MakeAsync(installation, segmentSizeMegabytes);
        }
        finally
        {
            Gate.Release();
        }

        await TestCommand.RunUnprivilegedAsync(["cp", "-a", "--reflink=auto", template, target]);
    }

    /// <summary>Runs initdb: a new system identifier.</summary>
    public static async Task InitializeAsync(TestInstallation installation, int segmentSizeMegabytes, string target)
    {
        var passwordFile = target + ".password";
        await File.WriteAllTextAsync(passwordFile, Password + "\n");
        await TestDirectory.GiveToServerUserAsync(passwordFile);
        await TestCommand.RunUnprivilegedAsync(
        [
            installation.InitDb, "-D", target, "-U", "postgres", "--encoding=UTF8", "--locale=C", "--data-checksums", "--no-sync",
            "--auth=scram-sha-256", $"--pwfile={passwordFile}", $"--wal-segsize={segmentSizeMegabytes}",
        ]);
        File.Delete(passwordFile);
    }

    private static async Task<string> MakeAsync(TestInstallation installation, int segmentSizeMegabytes)
    {
        var directory = await TestDirectory.CreateAsync($"template-{installation.Major}");
        var data = directory.File("data");
        await InitializeAsync(installation, segmentSizeMegabytes, data);
        return data;
    }
}
