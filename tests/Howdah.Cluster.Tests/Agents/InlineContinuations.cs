namespace Howdah.Cluster.Tests.Agents;

/// <summary>For a clock that a test moves: all that follows from a move is over when the move is.</summary>
internal static class InlineContinuations
{
    /// <summary>Without a context what was awaited goes on within the call that ends the wait.</summary>
    public static void Run(Action action)
    {
        var context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            action();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }
}
