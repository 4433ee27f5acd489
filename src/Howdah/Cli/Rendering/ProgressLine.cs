using System.Globalization;
using Howdah.Core.Units;

namespace Howdah.Cli.Rendering;

/// <summary>How far something is. <paramref name="Total"/> is null where nobody knows.</summary>
internal readonly record struct ProgressState(string What, long Done, long? Total, double PerSecond, TimeSpan? Remaining)
{
    /// <summary>Nothing is counted, only named.</summary>
    public bool IsBare { get; private init; }

    public static ProgressState Bare(string what) => new(what, 0, null, 0, null) { IsBare = true };

    /// <summary>Counted for that long: at that rate it will go on.</summary>
    public static ProgressState Counted(string what, long done, long? total, TimeSpan elapsed)
    {
        var rate = elapsed > TimeSpan.Zero ? done / elapsed.TotalSeconds : 0;
        TimeSpan? remaining = total > done && rate > 0 ? TimeSpan.FromSeconds(Math.Min((total.Value - done) / rate, LongestSeconds)) : null;
        return new(what, done, total, rate, remaining);
    }

    /// <summary>Decades: whoever reads it knows enough, and a <see cref="TimeSpan"/> holds it.</summary>
    private const double LongestSeconds = 1e9;
}

/// <summary>
/// Progress on standard error: one line that is drawn again on a terminal, a line every 30 seconds elsewhere, nothing with --quiet. The
/// clock drives it, so it goes on while nothing is reported; how long what is named has been going on stands at its end. Safe to call from
/// any thread.
/// </summary>
internal sealed class ProgressLine(Invocation run) : IDisposable
{
    private const int BarWidth = 24;

    private static readonly TimeSpan LogInterval = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan DrawInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>How often a drawn line's own clock moves on where nothing is reported.</summary>
    private static readonly TimeSpan RedrawInterval = TimeSpan.FromSeconds(1);

    /// <summary>What takes less has no time at its end.</summary>
    private static readonly TimeSpan WorthTelling = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly bool _terminal = run.Host.ErrorIsTerminal;
    private readonly TimeProvider _time = run.Host.Time;
    private ITimer? _timer;
    private ProgressState? _state;
    private long _since;
    private long _drawnAt;
    private bool _drawn;

    public void Show(ProgressState state)
    {
        if (run.IsQuiet)
            return;
        lock (_lock)
        {
            var isNew = _state?.What != state.What;
            if (isNew)
                _since = _time.GetTimestamp();
            _state = state;
            var interval = _terminal ? RedrawInterval : LogInterval;
            _timer ??= _time.CreateTimer(_ => Tick(), null, interval, interval);
            if (_terminal && (isNew || _time.GetElapsedTime(_drawnAt) >= DrawInterval))
                Draw(state);
        }
    }

    /// <summary>Has something else written; what is shown goes on below it.</summary>
    public void Interrupt(Action write)
    {
        lock (_lock)
        {
            Erase();
            write();
        }
    }

    /// <summary>Removes the drawn line, so that others can be written, and shows no more of it.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            Erase();
            _state = null;
            _timer?.Dispose();
            _timer = null;
        }
    }

    public void Dispose() => Clear();

    private void Tick()
    {
        lock (_lock)
        {
            if (_state is not { } state)
                return;
            try
            {
                if (_terminal)
                    Draw(state);
                else
                    run.Host.Error.WriteLine(Text(state) + Taken());
            }
            catch (IOException)
            {
                // On a thread of the timer it would end the process: what is shown must not end the work, and nobody could read why.
                _state = null;
            }
        }
    }

    private string Taken() => _time.GetElapsedTime(_since) is var taken && taken >= WorthTelling ? $" ({Amounts.Span(taken)})" : "";

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
        if (state.IsBare || state.Total is not > 0)
            return Text(state);
        var filled = (int)(BarWidth * Math.Min(1.0, (double)state.Done / state.Total.Value));
        return $"{new string('█', filled)}{new string('░', BarWidth - filled)} {Text(state)}";
    }

    private void Draw(ProgressState state)
    {
        // No wrapping: a line that wraps cannot be drawn again.
        run.Host.Error.Write($"\r\e[?7l{Bar(state)}{Taken()}\e[K\e[?7h");
        _drawnAt = _time.GetTimestamp();
        _drawn = true;
    }

    private void Erase()
    {
        if (_drawn)
            run.Host.Error.Write("\r\e[K");
        _drawn = false;
    }
}
