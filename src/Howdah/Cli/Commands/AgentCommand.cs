using System.Runtime.ExceptionServices;
using Howdah.Cluster.Agents;
using Howdah.Cluster.Configuration;
using Howdah.Core.Errors;
using Howdah.Daemon;

namespace Howdah.Cli.Commands;

/// <summary><c>howdah agent</c>: one on each host of a cluster on several machines.</summary>
internal static class AgentCommand
{
    /// <summary>
    /// What hosts of the cluster may have carried out on one another. Nothing that asks questions, starts a server's life or ends a
    /// cluster's, and nothing that writes to a place that the caller names.
    /// </summary>
    internal static readonly AllowedCommands Forwarded = new(
        "status", "backup", "backups", "drill !--scratch", "restore --plan", "wal list", "wal gaps", "wal switch", "slots",
        "standby add", "standby rebuild", "standby remove", "barman");

    public static HowdahCommand Create(CliHost host)
    {
        var command = new HowdahCommand("agent", "keep this host's share of a cluster on several machines as the cluster file says")
        {
            Remarks =
                "Runs in the foreground until it is told to stop; the package has a systemd unit for it. Servers go on running when it\n"
                + "ends, and the next one finds them. It listens on the host's address for the other hosts, which show certificates of\n"
                + "the cluster; see [agent] in the cluster file. As root it runs everything as the user postgres.",
            Examples = [new("systemctl enable --now howdah-agent", "as a service"), new("howdah agent", "by hand; Ctrl-C stops it")],
        };
        return command.Runs(host, RunAsync);
    }

    private static async Task<ExitCode> RunAsync(Invocation run, CancellationToken cancellation)
    {
        var path = run.FindClusterFile();
        var defaults = ConfigDefaults.ForFile(path);
        var log = new AgentLog(run.Host.Error, run.Host.Time, run.Host.Environment("JOURNAL_STREAM") is { Length: > 0 });
        var model = ClusterFileInForce.Load(path, isMeant: false, log.Warning).Model;
        var environment = new Composition(run, model).Operations(new LoggingObserver(log)).Environment;
        Privileges.Drop();
        var notice = ServiceNotice.Take();
        using var agent = new HostAgent(model.Paths, defaults, environment, new AgentOptions
        {
            Version = ProductVersion.Text,
            RunCommand = ScheduledCommand.Runner(Environment.ProcessPath ?? "howdah", model, run.Host.Time, log.Information),
        });
        var server = new AgentServer(new AgentServerOptions
        {
            Service = agent,
            Commands = Forwarded,
            Time = run.Host.Time,
            Log = log,
        });
        await using var stopping = cancellation.Register(notice.Stopping);
        log.Information($"{ProductVersion.Line}: agent of {agent.Host} in {model.Name}");
        await RunTogetherAsync(
            token =>
            [
                agent.RunAsync(token),
                server.RunAsync(where => Listening(log, notice, where), token),
                notice.WatchAsync(run.Host.Time, token),
            ],
            cancellation);
        log.Information("stopped; the servers go on");
        return ExitCode.Success;
    }

    /// <summary>All of them until cancelled; the first that fails ends the others, and its failure is the command's.</summary>
    internal static async Task RunTogetherAsync(Func<CancellationToken, IReadOnlyList<Task>> start, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var left = start(stop.Token).ToList();
        Exception? first = null;
        while (left.Count > 0)
        {
            var ended = await Task.WhenAny(left);
            left.Remove(ended);
            if (ended.IsFaulted)
            {
                first ??= ended.Exception.InnerException;
                await stop.CancelAsync();
            }
        }

        if (first is not null)
            ExceptionDispatchInfo.Throw(first);
    }

    private static void Listening(AgentLog log, ServiceNotice notice, string where)
    {
        log.Information($"listening on {where}");
        notice.Ready(where);
    }
}
