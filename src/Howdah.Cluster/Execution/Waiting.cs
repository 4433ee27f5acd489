using Howdah.Core.Errors;

namespace Howdah.Cluster.Execution;

/// <param name="Deadline">How long to wait.</param>
/// <param name="Failure">What has not happened then; lower case.</param>
/// <param name="Hint">What to do about it.</param>
internal sealed record WaitOptions(TimeSpan Deadline, string Failure, string? Hint = null);

/// <summary>Waits for conditions that nobody announces, and for what was told to end.</summary>
internal static class Waiting
{
    private static readonly TimeSpan FirstInterval = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LongestInterval = TimeSpan.FromMilliseconds(200);

    /// <exception cref="OperationException"><see cref="ErrorCodes.ServerTimeout"/></exception>
    public static async Task UntilAsync(
        Func<Task<bool>> condition, WaitOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        var interval = FirstInterval;
        while (!await condition())
        {
            if (time.GetElapsedTime(began) > options.Deadline)
                throw new OperationException(
                    ErrorCodes.ServerTimeout, $"{options.Failure} within {options.Deadline.TotalSeconds:0} s", options.Hint);
            await Task.Delay(interval, time, cancellationToken);
            interval = interval * 2 < LongestInterval ? interval * 2 : LongestInterval;
        }
    }

    /// <summary>Waits until something that runs until it is cancelled has ended. Its failure is thrown; that it was cancelled is no
    /// failure.</summary>
    public static async Task ForEndAsync(Task running)
    {
        try
        {
            await running;
        }
        catch (OperationCanceledException)
        {
            // The way to end it.
        }
    }
}
