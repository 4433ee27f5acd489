using System.Diagnostics;
using Howdah.Integration.Tests.Fixtures;

namespace Howdah.EndToEnd.Tests;

/// <summary>What a script sees: output, errors and exit codes (Howdah.Core.Errors.ExitCode).</summary>
public sealed class CommandLineTests
{
    private const int Usage = 2;
    private const int Configuration = 10;

    [Fact]
    public async Task Version_is_one_line_on_standard_output()
    {
        var result = await HowdahBinary.RunAsync("--version");
        Assert.Equal(0, result.ExitCode);
        Assert.Matches(@"^howdah \d+\.\d+\.\d+[^\n]*\n$", result.Output);
        Assert.Empty(result.Error);
    }

    [Fact]
    public async Task Version_takes_milliseconds()
    {
        var times = new List<TimeSpan>();
        for (var run = 0; run < 15; run++)
        {
            var watch = Stopwatch.StartNew();
            await HowdahBinary.RunAsync("--version");
            times.Add(watch.Elapsed);
        }

        // Starting a process from here alone takes some of it, and the machine may be busy: the median, with room.
        Assert.True(times.Order().ElementAt(7) < TimeSpan.FromMilliseconds(150), string.Join(", ", times));
    }

    [Fact]
    public async Task Help_names_every_command_of_the_cluster()
    {
        var result = await HowdahBinary.RunAsync("--help");
        Assert.Equal(0, result.ExitCode);
        Assert.All(["up", "status", "down", "destroy", "backup", "restore", "drill"], command => Assert.Contains(command, result.Output));
    }

    [Fact]
    public async Task An_unknown_command_is_a_usage_error_on_standard_error()
    {
        var result = await HowdahBinary.RunAsync("protect-me");
        Assert.Equal(Usage, result.ExitCode);
        Assert.Contains("protect-me", result.Error);
        Assert.Empty(result.Output);
    }

    [Fact]
    public async Task A_missing_cluster_file_is_said_with_what_to_do()
    {
        var result = await HowdahBinary.RunAsync("status", "--config", "/nonexistent/howdah.toml");
        Assert.Equal(Configuration, result.ExitCode);
        Assert.Contains("/nonexistent/howdah.toml", result.Error);
        Assert.DoesNotContain("   at ", result.Error);
    }

    [Fact]
    public async Task Every_problem_of_a_cluster_file_is_reported_at_once_with_its_place()
    {
        await using var directory = await TestDirectory.CreateAsync("config");
        var file = directory.File("howdah.toml");
        await File.WriteAllTextAsync(
            file, "[cluster]\nname = 7\npostgresql = 9\nsynchronus = \"any\"\n\n[[nodes]]\nname = \"a\"\naddress = \"nonsense:\"\n");
        var result = await HowdahBinary.RunAsync("config", "check", "--config", file);
        Assert.Equal(Configuration, result.ExitCode);
        Assert.All([":2:", ":3:", ":4:", ":8:"], place => Assert.Contains(file + place, result.Everything));
        Assert.Contains("synchronous", result.Everything);
    }

    [Fact]
    public async Task Root_runs_no_program_that_a_cluster_file_names()
    {
        TestEnvironment.RequireRoot("a file of somebody else's in root's hands");
        await using var directory = await TestDirectory.CreateAsync("config");
        var said = directory.File("ran-as");
        foreach (var program in new[] { "postgres", "initdb", "pg_ctl" })
        {
            await File.WriteAllTextAsync(
                directory.File(program), $"#!/bin/sh\nid -u >> {said}\n[ $1 != --version ] || echo 'postgres (PostgreSQL) 15.9'\n");
            File.SetUnixFileMode(directory.File(program), (UnixFileMode)0b_111_101_101);
        }

        await TestDirectory.GiveToServerUserAsync(directory.Path);
        var file = directory.File("howdah.toml");
        await File.WriteAllTextAsync(file, $"""
            [cluster]
            name = "strange"
            postgresql = 15
            bin_directory = "{directory.Path}"
            [[nodes]]
            name = "a"
            address = "127.0.0.1"
            [backup]
            name = "backup"
            address = "127.0.0.2"
            """);
        var result = await HowdahBinary.RunAsync("config", "check", "--config", file);
        Assert.Equal((0, $"{file}: no problem found, and PostgreSQL 15 accepts the settings\n"), (result.ExitCode, result.Output));
        var ran = await File.ReadAllLinesAsync(said, TestContext.Current.CancellationToken);
        Assert.Equal(2, ran.Length);
        Assert.DoesNotContain("0", ran);
    }
}
