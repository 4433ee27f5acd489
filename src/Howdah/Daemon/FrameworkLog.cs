using Microsoft.Extensions.Logging;

namespace Howdah.Daemon;

/// <summary>What the web server itself finds worth an error; requests and handshakes that fail are none.</summary>
internal sealed class FrameworkLog(AgentLog log) : ILoggerProvider
{
    public ILogger CreateLogger(string categoryName) => new Category(log, categoryName);

    public void Dispose()
    {
    }

    private sealed class Category(AgentLog log, string name) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
                log.Problem($"{name}: {formatter(state, exception)}{(exception is null ? "" : $": {exception}")}");
        }
    }
}
