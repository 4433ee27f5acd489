using Howdah.Integration.Tests.Fixtures;

namespace Howdah.EndToEnd.Tests.Deploy;

/// <summary>The units of deploy/systemd, as systemd reads them.</summary>
public sealed class UnitTests(DebianPackages packages) : IClassFixture<DebianPackages>
{
    private static readonly string[] Units = ["howdah-agent.service", "howdah-servers.service"];

    [Fact]
    public async Task Systemd_understands_every_line_of_the_units()
    {
        RequireAnalyzer();
        var root = await packages.UnpackIntoSystemAsync();

        var verified = await TestCommand.TryRunAsync(["systemd-analyze", "verify", $"--root={root}", .. Units]);

        // Of a key that it does not know systemd only tells.
        Assert.True(verified is { ExitCode: 0, Output: "", Error: "" }, verified.Everything);
    }

    [Theory]
    [InlineData("howdah-agent.service")]
    [InlineData("howdah-servers.service")]
    public async Task What_they_run_can_do_little_to_the_rest_of_the_host(string unit)
    {
        RequireAnalyzer();
        var root = await packages.UnpackAsync("howdah");

        // In tenths; systemd's word for less than 5 is OK. Most of the rest is that it serves a network and that servers use the disk.
        var seen = await TestCommand.TryRunAsync(
            ["systemd-analyze", "security", "--no-pager", "--offline=yes", "--threshold=40", $"{root}/lib/systemd/system/{unit}"]);

        Assert.True(seen.ExitCode == 0, seen.Everything);
        Assert.Contains("Service runs under a static non-root user identity", seen.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_units_run_and_name_is_in_the_package()
    {
        var root = await packages.UnpackAsync("howdah");
        foreach (var unit in Units)
        {
            var lines = await File.ReadAllLinesAsync($"{root}/lib/systemd/system/{unit}");
            var named = lines.Select(line => line.Split('=', 2)).Where(parts => parts[0] is "ExecStart" or "ExecStop" or "Documentation")
                .Select(parts => parts[1].TrimStart('-').Replace("file://", "", StringComparison.Ordinal).Split(' ')[0])
                .Where(path => path != "/bin/true").ToList();
            Assert.NotEmpty(named);
            Assert.All(named, path => Assert.True(File.Exists(root + path), $"{unit}: {path}"));
        }
    }

    [Fact]
    public async Task An_agent_that_ends_or_hangs_is_started_again_and_no_server_with_it()
    {
        var root = await packages.UnpackAsync("howdah");
        var lines = await File.ReadAllLinesAsync($"{root}/lib/systemd/system/howdah-agent.service");
        // What deploy/vagrant/README.md shows on real hosts.
        string[] wanted = ["Type=notify", "KillMode=process", "Restart=on-failure", "RestartSec=5", "WatchdogSec=60", "User=postgres"];
        Assert.Empty(wanted.Except(lines));
    }

    private static void RequireAnalyzer()
    {
        if (!File.Exists("/usr/bin/systemd-analyze"))
            TestEnvironment.SkipUnlessCi("systemd-analyze is not installed");
    }
}
