using System.CommandLine;
using System.CommandLine.Parsing;
using Howdah.Core.Errors;
using Howdah.Core.Wal;
using Howdah.Operations.FetchWal;

namespace Howdah.Cli.Commands;

/// <summary><c>howdah wal fetch</c>: PostgreSQL's restore_command.</summary>
/// <remarks>
/// PostgreSQL starts it for every segment, so <see cref="TryRun"/> reads the arguments by hand, without the command tree. The tree
/// has it too, for help, completion and the manual; whatever is unusual about the call goes there.
/// </remarks>
internal static class WalFetchCommand
{
    public static HowdahCommand Create(CliHost host)
    {
        var command = new HowdahCommand("fetch", "fetch one WAL file from the repository: PostgreSQL's restore_command")
        {
            Remarks =
                "Fetches segments, the one that is being received now, and timeline histories. By hand NAME and PATH suffice: the\n"
                + "repository is then the cluster's. With --repository and --system no cluster file is read.\n"
                + "It answers 'not there' only when the repository was read and nothing says that the file should be there: PostgreSQL\n"
                + "takes that answer for the end of the WAL, and may promote. Failures of the storage are tried again for a minute.",
            Examples =
            [
                new(
                    "restore_command = 'howdah wal fetch --repository /srv/repository --system 7312345678901234567 %f %p'",
                    "as a restore writes it"
                ),
                new("howdah wal fetch 000000010000000000000042 /tmp/segment", "by hand"),
            ],
            FailsWith = FetchWalResult.Failed,
            OwnExitCodes =
            [
                (FetchWalResult.Fetched, "the file is in place"),
                (FetchWalResult.Absent, "it is not in the repository, and that is proven"),
                (FetchWalResult.Failed, "anything else: PostgreSQL stops rather than end recovery early"),
            ],
        };
        command.Options.Add(
            new Option<string>("--repository")
            {
                Description = "the repository's directory",
                HelpName = "DIR",
            }
        );
        command.Options.Add(new Option<string>("--system") { Description = "whose WAL: the system identifier", HelpName = "ID" });
        command.Options.Add(new Option<string?>("--timeline") { Description = "the timeline that recovery follows", HelpName = "NUMBER" });
        command.Options.Add(new Option<string?>("--ends-at") { Description = "where the plan accepts that WAL ends", HelpName = "LSN" });
        command.Options.Add(
            new Option<bool>("--standby") { Description = "the server is a standby: it can get from its primary what is not here" }
        );
        var name = new Argument<string>("NAME") { Description = "what PostgreSQL wants (%f)" };
        var path = new Argument<string>("PATH") { Description = "where it wants it (%p)" };
        command.Arguments.Add(name);
        command.Arguments.Add(path);
        return command.Runs(host, (run, cancellation) => RunByHandAsync(run, (name, path), cancellation));
    }

    private static async Task<ExitCode> RunByHandAsync(
        Invocation run, (Argument<string> Name, Argument<string> Path) wanted, CancellationToken cancellationToken)
    {
        // What PostgreSQL calls is taken by the fast path; of a call with options, only one that it cannot read comes here.
        var given = run.Parsed.CommandResult.Children.OfType<OptionResult>().Where(option => !option.Implicit);
        if (given.Any(option => option.Option.Name is not "--standby"))
            throw Wrong("--repository and --system belong together, and each option needs a value of its kind");
        var parts = new Composition(run, run.LoadCluster().Model);
        Privileges.Drop();
        var options = new FetchWalOptions(parts.Model.Backup.RepositoryDirectory, Composition.FindWal(parts.OpenRepository()).System);
        var to = Path.GetFullPath(run.Value(wanted.Path)!, run.Host.WorkingDirectory);
        var result = await new WalFetcher(options, run.Host.Time).FetchAsync(run.Value(wanted.Name)!, to, cancellationToken);
        if (result.Message is not null)
            run.Say($"howdah: wal fetch {run.Value(wanted.Name)}: {result.Message}");
        return (ExitCode)result.ExitCode;
    }

    /// <summary>Carries out a well-formed call; null where the ordinary way should say what is wrong with it.</summary>
    /// <param name="args">What follows <c>wal fetch</c>.</param>
    public static int? TryRun(ReadOnlySpan<string> args)
    {
        var arguments = new Arguments();
        for (var i = 0; i < args.Length; i++)
        {
            if (args[i] is "--standby")
                arguments.AsStandby = true;
            else if (args[i].StartsWith("--", StringComparison.Ordinal))
            {
                if (i + 1 >= args.Length || !arguments.Set(args[i], args[++i]))
                    return null;
            }
            else if (!arguments.Add(args[i]))
                return null;
        }

        return arguments.ToOptions() is { } options ? Run(options, arguments) : null;
    }

    private static int Run(FetchWalOptions options, Arguments arguments)
    {
        FetchWalResult result;
        try
        {
#pragma warning disable VSTHRD002 // Main is not async; an ordinary fetch completes without waiting.
            result = new WalFetcher(options, TimeProvider.System)
                .FetchAsync(arguments.Name!, arguments.Path!, CancellationToken.None)
                .GetAwaiter()
                .GetResult();
#pragma warning restore VSTHRD002
        }
        catch (Exception exception)
        {
            // Whatever happens, PostgreSQL must not read it as "no such file" (design law 3).
            Console.Error.WriteLine($"howdah: wal fetch {arguments.Name}: {exception.Message}");
            return FetchWalResult.Failed;
        }

        if (result.Message is not null)
            Console.Error.WriteLine($"howdah: wal fetch {arguments.Name}: {result.Message}");
        return result.ExitCode;
    }

    private static OperationException Wrong(string message) =>
        new(ErrorCodes.UsageInvalid, $"howdah wal fetch: {message}", "see howdah wal fetch --help");

    private ref struct Arguments
    {
        private string? _repository;
        private SystemIdentifier? _system;
        private TimelineId? _timeline;
        private Lsn? _endsAt;

        public bool AsStandby { get; set; }

        public string? Name { get; private set; }

        public string? Path { get; private set; }

        public bool Add(string value)
        {
            if (Path is not null)
                return false;
            if (Name is null)
                Name = value;
            else
                Path = value;
            return true;
        }

        public bool Set(string option, string value)
        {
            switch (option)
            {
                case "--repository":
                    _repository = value;
                    return true;
                case "--system" when ulong.TryParse(value, out var system):
                    _system = new SystemIdentifier(system);
                    return true;
                case "--timeline" when uint.TryParse(value, out var timeline) && timeline > 0:
                    _timeline = new TimelineId(timeline);
                    return true;
                case "--ends-at" when Lsn.TryParse(value, out var end):
                    _endsAt = end;
                    return true;
                default:
                    return false;
            }
        }

        public readonly FetchWalOptions? ToOptions() =>
            _repository is not null && _system is { } system && Path is not null
                ? new FetchWalOptions(_repository, system)
                {
                    Timeline = _timeline,
                    EndsAt = _endsAt,
                    AsStandby = AsStandby,
                }
                : null;
    }
}
