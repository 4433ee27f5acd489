using System.CommandLine;
using Howdah.Core.Errors;
using Howdah.Operations.Restore;
using Howdah.Postgres.Replication;

namespace Howdah.Cli.Commands;

/// <summary>What <c>howdah restore</c> is told, and what of it contradicts itself.</summary>
internal sealed class RestoreCommandOptions
{
    private readonly RestoreTargetOptions _target = new();
    private readonly Option<string?> _to = new("--to")
    {
        Description = "the new data directory: empty, or not there yet",
        HelpName = "DIR",
    };
    private readonly Option<string[]> _tablespaces = new("--tablespace")
    {
        Description = "a place for a tablespace, by its name, number or old directory; may be repeated",
        HelpName = "NAME=DIR",
    };
    private readonly Option<bool> _standby = new("--as-standby")
    {
        Description = "make a standby that follows the primary, instead of recovering to a target",
    };
    private readonly Option<string?> _slot = new("--slot")
    {
        Description = "with --as-standby: the replication slot that it follows through, which must be there on the primary; without\n"
            + "one it takes from the repository what the primary no longer has",
        HelpName = "NAME",
    };
    private readonly Option<string?> _listen = new("--listen")
    {
        Description = "addresses that the copy answers at; default: none, only a socket in its directory",
        HelpName = "ADDRESSES",
    };
    private readonly Option<int?> _port = new("--port") { Description = "the copy's port; default: the original's", HelpName = "PORT" };

    public Option<bool> PlanOnly { get; } = new("--plan") { Description = "tell what it would take and reach, and change nothing" };

    public Argument<string?> Snapshot { get; } = new("SNAPSHOT")
    {
        Description = "an id, the beginning of one, latest or oldest; default: the best for the target",
        Arity = ArgumentArity.ZeroOrOne,
    };

    public IReadOnlyList<Option> All => [_to, PlanOnly, .. _target.All, _tablespaces, _standby, _slot, _listen, _port];

    /// <summary>Those that name directories.</summary>
    public IReadOnlyList<Option> Places => [_to, _tablespaces];

    public bool IsPlanOnly(Invocation run) => run.Value(PlanOnly);

    /// <exception cref="OperationException"><see cref="ErrorCodes.UsageInvalid"/> with all contradictions.</exception>
    public void RefuseContradictions(Invocation run)
    {
        List<string> problems = [.. EmptyValues(run), .. _target.Contradictions(run, run.Value(_standby))];
        if (run.Value(_port) is < 1 or > 65535)
            problems.Add("--port is a number from 1 to 65535");
        if (run.Value(_slot) is not null && !run.Value(_standby))
            problems.Add("--slot is for a standby: give --as-standby, too");
        if (run.Value(_slot) is { Length: > 0 } slot && ReplicationSlotName.FindProblem(slot) is { } problem)
            problems.Add($"--slot '{slot}': {problem}");
        if (problems.Count > 0)
            throw new OperationException(ErrorCodes.UsageInvalid, string.Join("; ", problems), "nothing was done: howdah restore --help");
        if (run.Value(_to) is null && !IsPlanOnly(run))
            throw NoDirectory();
    }

    public RestoreOptions Read(Invocation run, Composition parts, string program)
    {
        var directory = run.Value(_to) ?? (IsPlanOnly(run) ? Path.Combine(parts.Model.Directory, "restored") : throw NoDirectory());
        return new RestoreOptions(Path.GetFullPath(directory, run.Host.WorkingDirectory), _target.Read(run))
        {
            Snapshot = run.Value(Snapshot),
            Tablespaces = ReadTablespaces(run.Value(_tablespaces) ?? [], run.Host.WorkingDirectory),
            AsStandby = run.Value(_standby),
            ListenAddresses = run.Value(_listen),
            Port = run.Value(_port),
            PrimarySlotName = run.Value(_slot),
            PrimaryConninfo = run.Value(_standby) ? parts.StandbyConninfo() : null,
            FetchProgram = program,
        };
    }

    private static Dictionary<string, string> ReadTablespaces(string[] given, string workingDirectory)
    {
        var places = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var text in given)
        {
            var (name, place) = NamedValue.Split(text, "--tablespace", "NAME=DIR", "space=/srv/copy-ts");
            if (!places.TryAdd(name, Path.GetFullPath(place, workingDirectory)))
                throw new OperationException(
                    ErrorCodes.UsageInvalid,
                    $"--tablespace names two places for {name}",
                    "a tablespace has one place"
                );
        }

        return places;
    }

    private IEnumerable<string> EmptyValues(Invocation run)
    {
        if (run.Value(Snapshot) is { } name && string.IsNullOrWhiteSpace(name))
            yield return "the snapshot's name is empty";
        if (run.Value(Snapshot)?.StartsWith('-') == true)
            yield return $"there is no option {run.Value(Snapshot)}: see howdah restore --help";
        foreach (var option in All.OfType<Option<string?>>())
        {
            if (run.Value(option) is { } value && string.IsNullOrWhiteSpace(value))
                yield return $"{option.Name} has an empty value";
        }
    }

    private static OperationException NoDirectory() =>
        new(ErrorCodes.UsageInvalid, "where to? restore needs --to DIR, or --plan", "see howdah restore --help");
}
