using System.Globalization;
using Microsoft.Extensions.Hosting.Systemd;

namespace Howdah.Daemon;

/// <summary>What systemd wants to hear of a service with Type=notify: sd_notify(3). Says nothing where nobody listens.</summary>
internal sealed class ServiceNotice
{
    private static readonly string[] Variables = ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"];

    private readonly SystemdNotifier _notifier;
    private readonly TimeSpan? _watchdog;

    private ServiceNotice(SystemdNotifier notifier, TimeSpan? watchdog)
    {
        _notifier = notifier;
        _watchdog = watchdog;
    }

    /// <summary>
    /// Takes the variables out of the environment: PostgreSQL servers that we start would speak to systemd in our name (Debian builds them
    /// --with-systemd).
    /// </summary>
    public static ServiceNotice Take()
    {
        var notice = new ServiceNotice(new SystemdNotifier(), WatchdogInterval(Environment.GetEnvironmentVariable));
        foreach (var variable in Variables)
            Environment.SetEnvironmentVariable(variable, null);
        return notice;
    }

    /// <summary>Half of what systemd waits for, as sd_watchdog_enabled(3) asks; null where it watches nobody, or another process.</summary>
    internal static TimeSpan? WatchdogInterval(Func<string, string?> environment) =>
        long.TryParse(environment("WATCHDOG_USEC"), CultureInfo.InvariantCulture, out var microseconds) && microseconds > 0
        && (environment("WATCHDOG_PID") is not { Length: > 0 } process
            || process == Environment.ProcessId.ToString(CultureInfo.InvariantCulture))
            ? TimeSpan.FromMicroseconds(microseconds) / 2
            : null;

    public void Ready(string where) => Notify($"READY=1\nSTATUS=listening on {where}");

    public void Stopping() => Notify("STOPPING=1");

    /// <summary>Says that the process is alive, until cancelled; a frozen one is silent, and systemd starts another.</summary>
    public async Task WatchAsync(TimeProvider time, CancellationToken cancellationToken)
    {
        while (_watchdog is { } interval)
        {
            Notify("WATCHDOG=1");
            await Task.Delay(interval, time, cancellationToken);
        }
    }

    private void Notify(string state) => _notifier.Notify(new ServiceState(state));
}
