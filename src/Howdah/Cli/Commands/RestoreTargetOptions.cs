using System.CommandLine;
using System.Globalization;
using Howdah.Core.Errors;
using Howdah.Core.Restore;
using Howdah.Core.Wal;

namespace Howdah.Cli.Commands;

/// <summary>The options that say where recovery ends; their names are PostgreSQL's own.</summary>
internal sealed class RestoreTargetOptions
{
    private readonly Option<string?> _time = new("--target-time")
    {
        Description = "to a moment; an offset such as +01 or Z, else local time",
        HelpName = "TIME",
    };
    private readonly Option<string?> _lsn = new("--target-lsn") { Description = "to a WAL position", HelpName = "LSN" };
    private readonly Option<string?> _xid = new("--target-xid") { Description = "to a transaction's end", HelpName = "XID" };
    private readonly Option<string?> _name = new("--target-name") { Description = "to a restore point", HelpName = "NAME" };
    private readonly Option<bool> _immediate = new("--target-immediate") { Description = "to the first consistent moment of the snapshot" };
    private readonly Option<bool> _exclusive = new("--target-exclusive")
    {
        Description = "end just before the target instead of just after it",
    };
    private readonly Option<string?> _timeline = new("--target-timeline")
    {
        Description = "latest, current or a number; default: latest",
        HelpName = "TIMELINE",
    };

    private readonly Option<string> _action = new Option<string>("--target-action")
    {
        Description = "at the target: pause, promote or shutdown; without a target the copy is always promoted",
        HelpName = "ACTION",
        DefaultValueFactory = _ => "pause",
    }.AcceptOnlyFromAmong("pause", "promote", "shutdown");

    public IReadOnlyList<Option> All => [_time, _lsn, _xid, _name, _immediate, _exclusive, _timeline, _action];

    /// <summary>What cannot be wanted together, each in words; a value that cannot be read is for <see cref="Read"/>.</summary>
    public IEnumerable<string> Contradictions(Invocation run, bool asStandby)
    {
        var named = Given(run, _time, _lsn, _xid, _name, _immediate);
        if (named.Count > 1)
            yield return $"recovery has one target, and {string.Join(", ", named)} name several";
        var ends = named.Concat(Given(run, _exclusive, _timeline, _action)).ToList();
        if (asStandby && ends.Count > 0)
            yield return $"--as-standby follows the primary without end, which leaves nothing for {string.Join(", ", ends)}";
        if (asStandby)
            yield break;
        if (named.Count == 0 && Given(run, _action).Count > 0)
            yield return "--target-action is for a target, and none is named: without one the copy is always promoted";
        if (run.Value(_exclusive) && Given(run, _time, _lsn, _xid).Count == 0)
            yield return "--target-exclusive is for --target-time, --target-lsn or --target-xid, and none of them is named";
    }

    public RestoreTarget Read(Invocation run)
    {
        List<RestoreTarget> targets = [];
        if (run.Value(_time) is { } time)
            targets.Add(new RestoreTarget { Kind = RestoreTargetKind.Time, Time = ParseTime(time) });
        if (run.Value(_lsn) is { } lsn)
            targets.Add(
                new RestoreTarget
                {
                    Kind = RestoreTargetKind.Lsn,
                    Lsn = Lsn.TryParse(lsn, out var position) ? position : throw Wrong("--target-lsn", lsn, "0/5A3F218"),
                }
            );
        if (run.Value(_xid) is { } xid)
            targets.Add(
                new RestoreTarget
                {
                    Kind = RestoreTargetKind.Xid,
                    Xid = ulong.TryParse(xid, CultureInfo.InvariantCulture, out var id) ? id : throw Wrong("--target-xid", xid, "731"),
                }
            );
        if (run.Value(_name) is { } name)
            targets.Add(new RestoreTarget { Kind = RestoreTargetKind.Name, Name = name });
        if (run.Value(_immediate))
            targets.Add(new RestoreTarget { Kind = RestoreTargetKind.Immediate });
        return (targets is [var only] ? only : RestoreTarget.Latest) with
        {
            Inclusive = !run.Value(_exclusive),
            Timeline = ParseTimeline(run.Value(_timeline)),
            Action = run.Value(_action) switch
            {
                "promote" => RecoveryAction.Promote,
                "shutdown" => RecoveryAction.Shutdown,
                _ => RecoveryAction.Pause,
            },
        };
    }

    private static List<string> Given(Invocation run, params Option[] options) =>
        [.. options.Where(run.IsGiven).Select(option => option.Name)];

    private static DateTimeOffset ParseTime(string text) =>
        DateTimeOffset.TryParse(
            text,
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeLocal | DateTimeStyles.AllowWhiteSpaces,
            out var time
        )
            ? time
            : throw Wrong("--target-time", text, "'2026-11-23 09:15:00+01:00'");

    private static TimelineChoice ParseTimeline(string? text) =>
        text switch
        {
            null or "latest" => TimelineChoice.Latest,
            "current" => TimelineChoice.Current,
            _ when uint.TryParse(text, CultureInfo.InvariantCulture, out var number) && number > 0 => TimelineChoice.Of(
                new TimelineId(number)
            ),
            _ => throw Wrong("--target-timeline", text, "latest, current or 2"),
        };

    private static OperationException Wrong(string option, string value, string example) =>
        new(ErrorCodes.UsageInvalid, $"{option} '{value}' cannot be read", $"for example {example}");
}
