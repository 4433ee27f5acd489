using Howdah.Core.Errors;
using Howdah.Core.Wal;
using Howdah.Storage;

namespace Howdah.Operations.FetchWal;

/// <summary>
/// <c>howdah wal fetch NAME PATH</c>: puts one WAL file where the server wants it, or says what that it is not there means.
/// </summary>
public sealed class WalFetcher(FetchWalOptions options, TimeProvider time)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    /// <summary>Never throws for reasons outside of the program: the answer is always one of three exit codes.</summary>
    /// <param name="name">What PostgreSQL wants (<c>%f</c>).</param>
    /// <param name="path">Where it wants it (<c>%p</c>), relative to the working directory.</param>
    /// <param name="ct">Ends the retries.</param>
    public async Task<FetchWalResult> FetchAsync(string name, string path, CancellationToken ct)
    {
        if (WalFileName.Classify(name) == WalFileKind.Unknown)
            return new FetchWalResult(FetchWalResult.Failed, $"'{name}' is no name of a WAL file");
        var began = time.GetTimestamp();
        for (var pause = FirstPause; ; pause = TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, LongestPause.Ticks)))
        {
            var failure = Try(name, path, ct, out var result);
            if (failure is null)
                return result!;
            if (!failure.Code.MayRetry || time.GetElapsedTime(began) + pause > options.RetryFor)
                return new FetchWalResult(FetchWalResult.Failed, $"fetching {name}: {failure.Message}; recovery must not go on without it");
            await Task.Delay(pause, time, ct);
        }
    }

    private OperationException? Try(string name, string path, CancellationToken ct, out FetchWalResult? result)
    {
        result = null;
        try
        {
            result = new WalFetchAttempt(options, name, path).Run(ct);
            return null;
        }
        catch (OperationException exception)
        {
            return exception;
        }
        catch (Exception exception) when (StorageFailure.IsStorageError(exception))
        {
            return StorageFailure.Describe($"from {options.Repository}", exception);
        }
    }
}
