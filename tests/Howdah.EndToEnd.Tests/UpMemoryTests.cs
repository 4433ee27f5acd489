using System.Globalization;
using Howdah.Integration.Tests.Fixtures;

namespace Howdah.EndToEnd.Tests;

/// <summary>What the native binary takes of the machine's memory while it watches and receives.</summary>
public sealed class UpMemoryTests
{
    private const int Budget = 64 << 20;
    private const int Messages = 320;

    [Fact]
    public async Task Up_stays_small_while_hundreds_of_megabytes_of_WAL_arrive()
    {
        await using var lab = await Lab.UpAsync(new LabOptions { HasStandby = false });
        var up = Assert.Single(ServicesOf(lab));
        var before = ReceivedBytes(lab);
        // WAL and no data: as fast as a server can write it.
        await lab.SqlAsync(
            "master",
            $"select count(pg_logical_emit_message(false, 'load', repeat('x', 1024 * 1024))) from generate_series(1, {Messages})");
        await TestWait.UntilAsync(
            "all of it was received",
            async () => await lab.SqlAsync(
                "master",
                "select count(*) from pg_stat_replication where application_name = 'barman_receive_wal'"
                    + " and flush_lsn >= pg_current_wal_flush_lsn()") == "1");

        Assert.InRange(ReceivedBytes(lab) - before, 5L * Budget, long.MaxValue);
        Assert.Equal([up], ServicesOf(lab));
        var most = PeakResident(up);
        TestContext.Current.TestOutputHelper?.WriteLine($"howdah up took {most >> 10} KiB at most");
        Assert.InRange(most, 1 << 20, Budget - 1);
    }

    /// <summary>Without the shell that notes how it ended.</summary>
    private static IReadOnlyList<int> ServicesOf(Lab lab) => ProcessTree.Where(
        process => Path.GetFileName(process.Program) == "howdah" && process.CommandLine.Contains($"{lab.Home}/"));

    /// <summary>proc(5), /proc/pid/status; bytes.</summary>
    private static long PeakResident(int pid)
    {
        const string key = "VmHWM:";
        var line = File.ReadLines($"/proc/{pid}/status").First(line => line.StartsWith(key, StringComparison.Ordinal));
        return long.Parse(line.AsSpan(key.Length).Trim().TrimEnd(" kB"), CultureInfo.InvariantCulture) * 1024;
    }

    /// <summary>Of segments that are complete: one that is not yet has its full size from the beginning.</summary>
    private static long ReceivedBytes(Lab lab) => Directory.EnumerateFiles(
        Path.Combine(lab.Repository, "wal"), "*", SearchOption.AllDirectories)
        .Where(path => Path.GetFileName(path).Length == 24)
        .Sum(path => new FileInfo(path).Length);
}
