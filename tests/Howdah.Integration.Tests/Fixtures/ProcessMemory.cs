using System.Globalization;

namespace Howdah.Integration.Tests.Fixtures;

/// <summary>What this process has of the machine's memory (proc(5), /proc/pid/status).</summary>
internal static class ProcessMemory
{
    public static long Resident => Bytes("VmRSS:");

    /// <summary>The most since the process began, or since <see cref="ForgetPeakAsync"/>.</summary>
    public static long PeakResident => Bytes("VmHWM:");

    public static Task ForgetPeakAsync() => File.WriteAllTextAsync("/proc/self/clear_refs", "5", TestEnvironment.Stop);

    private static long Bytes(string key)
    {
        var line = File.ReadLines("/proc/self/status").First(line => line.StartsWith(key, StringComparison.Ordinal));
        return long.Parse(line.AsSpan(key.Length).Trim().TrimEnd(" kB"), CultureInfo.InvariantCulture) * 1024;
    }
}
