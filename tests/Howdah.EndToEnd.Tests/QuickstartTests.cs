using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Howdah.Integration.Tests.Fixtures;

namespace Howdah.EndToEnd.Tests;

/// <summary>
/// <c>./quickstart</c> after its build, in a copy of what it needs of the tree: its lab on addresses and in a directory of the test's own,
/// so that nobody's cluster is touched.
/// </summary>
public sealed class QuickstartTests
{
    /// <summary>What a newcomer is promised for all after the build.</summary>
    private static readonly TimeSpan Promised = TimeSpan.FromSeconds(60);

    /// <summary>Of the seed task, in order: with the lines of it that do not change.</summary>
    private static readonly string[] Shown =
    [
        "$ howdah up --detach",
        "$ barman switch-wal --force --archive master.local",
        " has been closed on server 'master.local'",
        "Processing xlog segments from streaming for master.local",
        "$ barman check master.local",
        "Server master.local:",
        "\treplication slot: OK",
        "\treceive-wal running: OK",
        "\tarchiver errors: OK",
        "$ howdah psql master -c 'select usename,application_name,client_addr,backend_start,state,sync_state from pg_stat_replication'",
        "(2 rows)",
        "$ howdah psql master -c 'CREATE DATABASE \"test\"'",
        "$ howdah psql slave -c '\\l test'",
        "$ howdah psql slave -d test -c 'SELECT * FROM users'",
        "  1 | john",
        "$ howdah status",
        "Protected since ",
        "That took ",
        "Stop it:  howdah down        Clean up, data and all:  howdah destroy --yes",
    ];

    [Fact]
    public async Task It_shows_the_checks_of_the_task_says_what_to_type_next_and_is_cleaned_up_by_one_command()
    {
        await using var directory = await TestDirectory.CreateAsync("quick");
        var lab = await CopyTreeAsync(directory);
        // Somebody else's server is on PostgreSQL's own port: another port in the cluster file is the way out that quickstart tells.
        using var other = new TcpListener(IPAddress.Parse($"127.0.{lab.Network}.2"), 5432);
        other.Start();
        try
        {
            var watch = Stopwatch.StartNew();
            var run = await RunAsync(directory, "./quickstart");
            Assert.True(run.ExitCode == 0, run.Everything);
            Assert.True(watch.Elapsed < Promised, $"it took {watch.Elapsed}\n{run.Output}");
            Assert.Contains("\nmaster.local is up and protected: ", run.Error);
            AssertShown(run.Output);

            var again = await RunAsync(directory, "./quickstart");
            Assert.True(again.ExitCode == 0, again.Everything);
            await TypeWhatItSaysAsync(directory, run.Output);
            Assert.False(Directory.Exists(Path.Combine(directory.Path, "cluster", "nodes")));
            Assert.Empty(ProcessTree.Where(process => process.CommandLine.Contains(directory.Path, StringComparison.Ordinal)));
        }
        finally
        {
            await HowdahAsync(directory, "destroy", "--yes");
        }
    }

    private static void AssertShown(string output)
    {
        var from = 0;
        foreach (var text in Shown)
        {
            var at = output.IndexOf(text, from, StringComparison.Ordinal);
            Assert.True(at >= 0, $"not shown, or not in this order: {text}\n{output}");
            from = at + text.Length;
        }

        Assert.DoesNotContain("FAILED", output);
        // A standby on one machine with its primary has no address of its own to come from.
        Assert.Matches(@" streaming_barman \| walreceiver +\| 127\.[\d.]+ +\| .* \| streaming \| async", output);
        Assert.Matches(@" streaming_barman \| barman_receive_wal +\| 127\.0\.\d+\.4 +\| .* \| streaming \| async", output);
        Assert.Matches(@" test +\| postgres \| UTF8 ", output);
        Assert.True(int.Parse(Line(output, "^That took (?<line>\\d+) s"), CultureInfo.InvariantCulture) < Promised.TotalSeconds, output);
    }

    /// <summary>Every command that it names, in a shell with the environment that it names; the session and the watch would stay.</summary>
    private static async Task TypeWhatItSaysAsync(TestDirectory directory, string output)
    {
        var environment = Line(output, "What to try next, with  (?<line>export .*)$");
        var next = output[output.IndexOf("What to try next", StringComparison.Ordinal)..];
        var commands = Regex.Matches(next, "^  (?<line>(howdah|barman) .*?)  ", RegexOptions.Multiline | RegexOptions.ExplicitCapture)
            .Select(match => match.Groups["line"].Value)
            .ToList();
        Assert.Equal(
            ["howdah status --watch", "howdah psql", "howdah backup && howdah backups", "howdah restore --plan --to /tmp/copy",
                "howdah drill", "barman list-backups master.local"],
            commands);
        var clean = Line(output, "Clean up, data and all:  (?<line>.*)$");
        foreach (var command in commands.Where(line => line != "howdah status --watch").Append(clean))
        {
            var result = await RunAsync(directory, "bash", "-c", $"{environment}; {command} < /dev/null");
            Assert.True(result.ExitCode == 0, result.Everything);
        }
    }

    private static string Line(string output, string pattern) =>
        Regex.Match(output, pattern, RegexOptions.Multiline | RegexOptions.ExplicitCapture).Groups["line"].Value;

    private static async Task<(int Network, int Port)> CopyTreeAsync(TestDirectory directory)
    {
        var network = Random.Shared.Next(20, 250);
        var port = FreePort.Next($"127.0.{network}.2");
        foreach (var file in new[] { "quickstart", "eng/lib.sh", "deploy/lab/howdah.toml" })
        {
            Directory.CreateDirectory(Path.GetDirectoryName(directory.File(file))!);
            File.Copy(RepositoryRoot.PathOf(file), directory.File(file));
        }

        Directory.CreateDirectory(directory.File("out"));
        File.Copy(HowdahBinary.Path, directory.File("out/howdah"));
        File.CreateSymbolicLink(directory.File("out/barman"), "howdah");
        var toml = directory.File("deploy/lab/howdah.toml");
        var text = (await File.ReadAllTextAsync(toml))
            .Replace("127.0.10.", $"127.0.{network}.", StringComparison.Ordinal)
            .Replace("postgresql = 15\n", $"postgresql = 15\ndirectory = \"{directory.File("cluster")}\"\n", StringComparison.Ordinal)
            .Replace("[[nodes]] ", $"[[nodes]]\nport = {port} ", StringComparison.Ordinal)
            .Replace("\n[[nodes]]\nname", $"\n[[nodes]]\nport = {port}\nname", StringComparison.Ordinal);
        await File.WriteAllTextAsync(toml, text);
        await TestDirectory.GiveToServerUserAsync(directory.Path);
        return (network, port);
    }

    private static Task<CommandResult> RunAsync(TestDirectory directory, params string[] command) => TestCommand.TryRunAsync(
        ["env", "-C", directory.Path, "-u", "HOWDAH_CONFIG", "HOWDAH_SKIP_BUILD=1", .. command]);

    private static Task<CommandResult> HowdahAsync(TestDirectory directory, params string[] arguments) => TestCommand.TryRunAsync(
        [directory.File("out/howdah"), "--config", directory.File("deploy/lab/howdah.toml"), .. arguments]);
}
