using System.Diagnostics;

namespace Howdah.Integration.Tests.Fixtures;

/// <summary>Waits for a condition: the only way in which a test passes time.</summary>
public static class TestWait
{
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan ShortestInterval = TimeSpan.FromMilliseconds(25);
    private static readonly TimeSpan LongestInterval = TimeSpan.FromSeconds(1);

    /// <summary>How much longer to wait than a look has taken: tests wait side by side, and what they wait for needs time, too.</summary>
    private const int WaitsPerLook = 3;

    /// <summary>Returns when the condition holds; fails the test with <paramref name="what"/> when it does not in time.</summary>
    public static Task UntilAsync(string what, Func<bool> condition, TimeSpan? deadline = null) =>
        UntilAsync(what, () => Task.FromResult(condition()), deadline);

    public static async Task UntilAsync(string what, Func<Task<bool>> condition, TimeSpan? deadline = null) =>
        await ForAsync(what, async () => await condition() ? "" : null, deadline);

    /// <summary>Returns the first value that is not null.</summary>
    public static async Task<T> ForAsync<T>(string what, Func<Task<T?>> probe, TimeSpan? deadline = null)
        where T : class
    {
        var limit = deadline ?? Deadline;
        var watch = Stopwatch.StartNew();
        while (true)
        {
            var before = watch.Elapsed;
            if (await probe() is { } value) return value;
            if (watch.Elapsed > limit) throw new TimeoutException($"not seen within {limit}: {what}");
            await Task.Delay(IntervalAfter(watch.Elapsed - before), TimeProvider.System, TestEnvironment.Stop);
        }
    }

    private static TimeSpan IntervalAfter(TimeSpan look) =>
        TimeSpan.FromTicks(Math.Clamp((look * WaitsPerLook).Ticks, ShortestInterval.Ticks, LongestInterval.Ticks));
}
