using Howdah.Core.Errors;

namespace Howdah.Postgres.Wire;

/// <summary>What a stream throws when the server is gone, as an operating error.</summary>
internal static class BrokenConnection
{
    /// <summary>
    /// <see cref="ErrorCodes.ConnectionLost"/>; or what our own socket stream has said, for example that nothing came in time, where
    /// <see cref="System.Net.Security.SslStream"/> has wrapped it.
    /// </summary>
    /// <param name="exception">An I/O error of the stream.</param>
    /// <param name="what">What broke, and in what; the cause is added.</param>
    /// <param name="hint">What to do; null where there is nothing.</param>
    public static OperationException Describe(Exception exception, string what, string? hint = null) =>
        exception.InnerException as OperationException ?? new OperationException(
            ErrorCodes.ConnectionLost, $"{what}: {(exception.InnerException ?? exception).Message}", hint, exception);
}
