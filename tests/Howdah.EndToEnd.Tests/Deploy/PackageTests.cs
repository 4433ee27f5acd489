using System.Text.RegularExpressions;
using Howdah.Integration.Tests.Fixtures;

namespace Howdah.EndToEnd.Tests.Deploy;

/// <summary>What Debian's packages put in place, what they need, and what their scripts do.</summary>
public sealed class PackageTests(DebianPackages packages) : IClassFixture<DebianPackages>
{
    private const string Documents = "./usr/share/doc/howdah/";

    /// <summary>A line of <c>dpkg-deb -c</c>.</summary>
    private static readonly Regex Entry = new(
        @"^(?<mode>\S{10}) (?<owner>\S+) +\d+ \S+ \S+ (?<path>.*)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture);

    [Fact]
    public async Task The_package_has_the_program_its_units_and_its_documents_all_of_them_roots_and_for_nobody_else_to_change()
    {
        var entries = await EntriesAsync("howdah");
        Assert.All(entries, entry => Assert.Equal("root/root", entry.Owner));
        Assert.All(
            entries,
            entry => Assert.Equal(
                entry.Path.EndsWith('/') ? "drwxr-xr-x" : entry.Path == "./usr/bin/howdah" ? "-rwxr-xr-x" : "-rw-r--r--", entry.Mode));
        string[] wanted =
        [
            "./etc/howdah/", "./lib/systemd/system/howdah-agent.service", "./lib/systemd/system/howdah-servers.service",
            "./usr/bin/howdah", "./usr/share/bash-completion/completions/howdah",
        ];
        var paths = entries.Select(entry => entry.Path).ToList();
        var parents = wanted.Append(Documents).SelectMany(
            path => path.Select((character, i) => (character, i)).Where(at => at.character == '/').Select(at => path[..(at.i + 1)]));
        Assert.Equal(
            wanted.Concat(parents).Distinct().Order(StringComparer.Ordinal),
            paths.Where(path => path == Documents || !path.StartsWith(Documents, StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        string[] documents =
        [
            "README.md", "docs/barman.md", "docs/glossary.md", "docs/security.md", "docs/tasks/several-hosts.md", "docs/reference/cli.md",
            "copyright", "examples/howdah.toml",
        ];
        Assert.All(documents, document => Assert.Contains(Documents + document, paths));
    }

    [Fact]
    public async Task It_needs_what_the_program_loads_and_the_user_that_runs_it()
    {
        var control = await File.ReadAllTextAsync(Path.Combine(await packages.UnpackControlAsync("howdah"), "control"));
        var depends = FieldOf(control, "Depends");
        Assert.Matches(@"(^|, )libc6 \(>= [0-9.]+\)", depends);
        // Loaded when the first connection is encrypted, so that no linker tells of it.
        Assert.Contains("libssl3", depends, StringComparison.Ordinal);
        // Its installation makes the user postgres.
        Assert.Contains("postgresql-common", depends, StringComparison.Ordinal);

        var program = Path.Combine(await packages.UnpackAsync("howdah"), "usr/bin/howdah");
        var version = await TestCommand.RunAsync([program, "--version"]);
        Assert.StartsWith($"howdah {FieldOf(control, "Version")}", version, StringComparison.Ordinal);
        Assert.Equal(await File.ReadAllBytesAsync(HowdahBinary.Path), await File.ReadAllBytesAsync(program));
    }

    [Fact]
    public async Task The_name_of_Barman_is_a_package_of_its_own_which_does_not_go_with_Barman()
    {
        var entries = await EntriesAsync("howdah-barman");
        Assert.All(entries, entry => Assert.Equal("root/root", entry.Owner));
        var files = entries.Where(entry => !entry.Path.EndsWith('/')).Select(entry => entry.Path).Order(StringComparer.Ordinal);
        Assert.Equal("./usr/bin/barman -> howdah ./usr/share/doc/howdah-barman/copyright", string.Join(' ', files));
        var control = await File.ReadAllTextAsync(Path.Combine(await packages.UnpackControlAsync("howdah-barman"), "control"));
        Assert.Matches(@"^howdah \(= [0-9.]+\)$", FieldOf(control, "Depends"));
        Assert.Equal("barman, barman-cli", FieldOf(control, "Conflicts"));
    }

    [Theory]
    [InlineData("postinst configure", "--system daemon-reload")]
    [InlineData("postinst configure 0.0.1", "--system daemon-reload", "try-restart howdah-agent.service")]
    [InlineData("prerm upgrade 9.9.9")]
    [InlineData("prerm remove", "disable --now howdah-agent.service")]
    [InlineData("postrm remove", "--system daemon-reload")]
    [InlineData("postrm purge", "--system daemon-reload")]
    public async Task Its_scripts_start_nothing_and_stop_no_server(string script, params string[] told)
    {
        TestEnvironment.RequireRoot("a /run of one's own");
        await using var directory = await TestDirectory.CreateAsync("script");
        await File.WriteAllTextAsync(directory.File("systemctl"), $"#!/bin/sh\necho \"$*\" >> {directory.File("told")}\n");
        File.SetUnixFileMode(directory.File("systemctl"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        await File.WriteAllTextAsync(directory.File("told"), "");
        var words = script.Split(' ');
        var file = Path.Combine(await packages.UnpackControlAsync("howdah"), words[0]);
        const string onSystemd = "mount -t tmpfs none /run && mkdir -p /run/systemd/system && PATH=$0:$PATH && exec \"$@\"";

        await TestCommand.RunAsync(["unshare", "--mount", "bash", "-c", onSystemd, directory.Path, file, .. words[1..]]);

        Assert.Equal(told, await File.ReadAllLinesAsync(directory.File("told")));
    }

    [Fact]
    public async Task Installed_and_purged_it_leaves_clusters_and_nothing_else()
    {
        TestEnvironment.RequireRoot("installing packages");
        await using var system = await TestDirectory.CreateAsync("root");
        Directory.CreateDirectory(system.File("var/lib/dpkg/info"));
        await File.WriteAllTextAsync(system.File("var/lib/dpkg/status"), "");
        Directory.CreateDirectory(system.File("var/lib/howdah/shop"));
        string[] dpkg = ["dpkg", $"--root={system.Path}", "--log=/dev/null", "--force-depends", "--force-script-chrootless"];

        await TestCommand.RunAsync([.. dpkg, "-i", await packages.FileAsync("howdah"), await packages.FileAsync("howdah-barman")]);

        Assert.Equal("", await TestCommand.RunAsync([.. dpkg, "--verify", "howdah"]));
        Assert.Equal("howdah", new FileInfo(system.File("usr/bin/barman")).LinkTarget);
        await TestCommand.RunAsync([.. dpkg, "--purge", "howdah-barman", "howdah"]);
        var left = Directory.EnumerateFileSystemEntries(system.Path, "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(system.Path, path))
            .Where(path => !path.StartsWith("var/lib/dpkg", StringComparison.Ordinal));
        Assert.Equal("var var/lib var/lib/howdah var/lib/howdah/shop", string.Join(' ', left.Order(StringComparer.Ordinal)));
    }

    private static string FieldOf(string control, string name) =>
        control.Split('\n').Single(line => line.StartsWith($"{name}: ", StringComparison.Ordinal))[(name.Length + 2)..];

    private async Task<IReadOnlyList<(string Mode, string Owner, string Path)>> EntriesAsync(string package) =>
    [
        .. Entry.Matches(await TestCommand.RunAsync(["dpkg-deb", "-c", await packages.FileAsync(package)]))
            .Select(match => (match.Groups["mode"].Value, match.Groups["owner"].Value, match.Groups["path"].Value)),
    ];
}
