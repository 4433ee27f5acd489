using Howdah.Cluster;

namespace Howdah.Integration.Tests.Cluster;

/// <summary>A lab that an <c>up</c> watches in this process.</summary>
internal sealed class SupervisedLab : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop;
    private readonly TaskCompletionSource<UpResult> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task<UpResult> _up;

    public SupervisedLab(ClusterLab lab)
    {
        _stop = CancellationTokenSource.CreateLinkedTokenSource(lab.Token);
        _up = lab.Operations(Observer).UpAsync(new UpOptions { Ready = _ready.SetResult }, _stop.Token);
    }

    public TestObserver Observer { get; } = new();

    /// <summary>What it said when it was ready; fails where it ended before.</summary>
    public Task<UpResult> Ready => AwaitReadyAsync();

    public async ValueTask DisposeAsync()
    {
        if (!_up.IsCompleted)
            await _stop.CancelAsync();
        await _up;
        _stop.Dispose();
    }

    private async Task<UpResult> AwaitReadyAsync() => await await Task.WhenAny(_ready.Task, _up);
}
