using System.Globalization;
using Howdah.Core.Units;

namespace Howdah.Cli.Rendering;

/// <summary>How far something is. <paramref name="Total"/> is null where nobody knows.</summary>
internal readonly record struct ProgressState(string What, long Done, long? Total, double PerSecond, TimeSpan? Remaining)
{
    /// <summary>Nothing is counted, only named.</summary>
    public bool IsBare { get; init; }
}

/// <summary>
/// Progress on standard error: one line that is drawn again on a terminal, a line every 30 seconds elsewhere, nothing with --quiet.
/// Safe to call from any thread.
/// </summary>
internal sealed class ProgressLine(Invocation run)
{
    private const int BarWidth = 24;

    private static readonly TimeSpan LogInterval = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan DrawInterval = TimeSpan.FromMilliseconds(100);

    private readonly Lock _lock = new();
    private readonly bool _terminal = run.Host.ErrorIsTerminal;
    private readonly TimeProvider _time = run.Host.Time;
    private long? _lastShown;
    private bool _drawn;

    public void Show(ProgressState state)
    {
        if (run.IsQuiet)
            return;
        lock (_lock)
        {
            var interval = _terminal ? DrawInterval : LogInterval;
            _lastShown ??= _terminal ? null : _time.GetTimestamp();
            if (_lastShown is { } last && _time.GetElapsedTime(last) < interval)
                return;
            _lastShown = _time.GetTimestamp();
            if (_terminal)
                Draw(Bar(state));
            else
                run.Host.Error.WriteLine(Text(state));
        }
    }

    /// <summary>Removes the drawn line, so that others can be written.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            if (_drawn)
                run.Host.Error.Write("\r\e[K");
            _drawn = false;
            _lastShown = null;
        }
    }

    private static string Text(ProgressState state)
    {
        if (state.IsBare)
            return state.What;
        var share = state.Total is > 0 and var total
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"{Math.Min(100, 100 * state.Done / total)} %, {new ByteSize(state.Done)} of {new ByteSize(total)}"
            )
            : new ByteSize(state.Done).ToString();
        var rate = state.PerSecond > 0 ? $", {new ByteSize((long)state.PerSecond)}/s" : "";
        var rest = state.Remaining is { } remaining ? $", {Amounts.Span(remaining)} to go" : "";
        return $"{state.What}: {share}{rate}{rest}";
    }

    private static string Bar(ProgressState state)
    {
        if (state.Total is not > 0)
            return Text(state);
        var filled = (int)(BarWidth * Math.Min(1.0, (double)state.Done / state.Total.Value));
        return $"{new string('█', filled)}{new string('░', BarWidth - filled)} {Text(state)}";
    }

    private void Draw(string text)
    {
        // No wrapping: a line that wraps cannot be drawn again.
        run.Host.Error.Write($"\r\e[?7l{text}\e[K\e[?7h");
        _drawn = true;
    }
}
