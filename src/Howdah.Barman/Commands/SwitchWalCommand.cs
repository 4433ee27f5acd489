using Howdah.Barman.CommandLine;
using Howdah.Barman.Output;
using Howdah.Barman.Reports;
using Howdah.Core.Wal;

namespace Howdah.Barman.Commands;

/// <summary>Options of <c>switch-wal</c>.</summary>
/// <param name="Force">Write something first, so that there is something to switch.</param>
/// <param name="Archive">Wait until the repository holds the closed segment.</param>
/// <param name="TimeoutSeconds">How long to wait at most.</param>
internal sealed record SwitchWalOptions(bool Force, bool Archive, int TimeoutSeconds)
{
    private const int DefaultTimeoutSeconds = 30;

    public static SwitchWalOptions Of(BarmanInvocation invocation) =>
        new(invocation.Has("--force"), invocation.Has("--archive"), invocation.Count("--archive-timeout") ?? DefaultTimeoutSeconds);
}

/// <summary>Closes the current segment of the primary and, where asked, waits until it is in the repository.</summary>
internal sealed class SwitchWalCommand(IBarmanServer server, BarmanOutput output)
{
    public async Task RunAsync(SwitchWalOptions options, CancellationToken cancellationToken)
    {
        // Listed before the switch: the receiver may have the segment before we look again.
        var wait = new SegmentWait(server, output);
        if (options.Archive)
            await wait.BeginAsync(cancellationToken);
        var outcome = await server.SwitchWalAsync(options.Force, cancellationToken);
        if (!Report(outcome) || outcome.Segment is not { } segment || !options.Archive)
            return;
        await wait.UntilHeldAsync(segment, TimeSpan.FromSeconds(options.TimeoutSeconds), nameBound: true, cancellationToken);
    }

    private bool Report(SwitchOutcome outcome)
    {
        var name = server.Policy.Name;
        if (outcome.Detail.Length > 0)
            output.Debug(outcome.Detail);
        switch (outcome.Verdict)
        {
            case SwitchVerdict.Closed:
                output.Info(SwitchWalLines.Closed(name, outcome.Segment!.Value.Name));
                return true;
            case SwitchVerdict.NotRequired:
                output.Info(SwitchWalLines.NotRequired(name));
                return false;
            case SwitchVerdict.NoPrivilege:
                output.Error(SwitchWalLines.NoSwitchPrivilege(outcome.Detail));
                return false;
            case SwitchVerdict.NoForcePrivilege:
                output.Error(SwitchWalLines.NoCheckpointPrivilege);
                return false;
            default:
                output.Error(SwitchWalLines.Impossible(name));
                return false;
        }
    }
}

/// <summary>Waits until the repository holds a segment, and tells which segments came meanwhile.</summary>
internal sealed class SegmentWait(IBarmanServer server, BarmanOutput output)
{
    // One directory listing a time: often enough that a person sees no delay, seldom enough to cost nothing.
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(20);

    private HashSet<string> _before = [];

    public async Task BeginAsync(CancellationToken cancellationToken) =>
        _before = [.. await server.ListSegmentsAsync(cancellationToken)];

    /// <param name="segment">The segment to wait for.</param>
    /// <param name="timeout">How long at most.</param>
    /// <param name="nameBound">Whether the line that announces the wait names the bound.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>False where the time was up; the error is reported.</returns>
    public async Task<bool> UntilHeldAsync(WalSegment segment, TimeSpan timeout, bool nameBound, CancellationToken cancellationToken)
    {
        var name = server.Policy.Name;
        output.Info(SwitchWalLines.Waiting(name, segment.Name, nameBound ? (int)timeout.TotalSeconds : null));
        var started = server.Time.GetTimestamp();
        while (true)
        {
            var held = await server.ListSegmentsAsync(cancellationToken);
            if (held.Contains(segment.Name, StringComparer.Ordinal))
            {
                foreach (var line in SwitchWalLines.Arrived(name, Arrived(held, segment.Name)))
                    output.Info(line);
                return true;
            }

            if (server.Time.GetElapsedTime(started) >= timeout)
            {
                output.Error(SwitchWalLines.NotReceived(segment.Name, (int)timeout.TotalSeconds));
                return false;
            }

            await Task.Delay(PollInterval, server.Time, cancellationToken);
        }
    }

    private List<string> Arrived(IReadOnlyList<string> held, string wanted)
    {
        var arrived = held.Where(name => !_before.Contains(name) && string.CompareOrdinal(name, wanted) <= 0).ToList();
        if (arrived.Count == 0)
            arrived.Add(wanted);
        return arrived;
    }
}
