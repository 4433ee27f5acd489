using Howdah.Barman.Checks;
using Howdah.Barman.CommandLine;
using Howdah.Barman.Facts;
using Howdah.Barman.Output;
using Howdah.Barman.Reports;

namespace Howdah.Barman.Commands;

/// <summary>Carries out one invocation on the one server that there is.</summary>
internal sealed class CommandRunner(BarmanInvocation invocation, BarmanOutput output, IBarmanServer server)
{
    private const string Everything = "all";

    private string Name => server.Policy.Name;

    /// <returns>0, or the exit code that the command itself decides; 1 for reported errors is up to the caller.</returns>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        switch (invocation.Command)
        {
            case "list-servers":
                ServerPolicy[] servers = [server.Policy];
                output.Result(ServerListReport.Lines(servers, invocation.Has("--minimal")), ServerListReport.Json(servers));
                return 0;
            case "show-backup":
                await ShowBackupAsync(cancellationToken);
                return 0;
            case "check":
                return await CheckAsync(cancellationToken);
            default:
                foreach (var known in NamedServers())
                    await RunOnServerAsync(known, cancellationToken);
                return 0;
        }
    }

    private Task RunOnServerAsync(IBarmanServer target, CancellationToken cancellationToken) => invocation.Command switch
    {
        "status" => StatusAsync(target, cancellationToken),
        "replication-status" => ReplicationStatusAsync(target, cancellationToken),
        "list-backups" => ListBackupsAsync(target, cancellationToken),
        "switch-wal" => new SwitchWalCommand(target, output).RunAsync(SwitchWalOptions.Of(invocation), cancellationToken),
        _ => new BackupCommand(target, output).RunAsync(invocation, cancellationToken),
    };

    /// <summary>Yields the server for each of its names; reports the others in between, in the order they were typed.</summary>
    private IEnumerable<IBarmanServer> NamedServers()
    {
        if (invocation.Arguments.Contains(Everything, StringComparer.Ordinal))
        {
            if (invocation.Arguments.Count > 1)
                output.Error("You cannot use 'all' with other server names");
            yield return server;
            yield break;
        }

        foreach (var name in invocation.Arguments)
        {
            if (name == Name)
                yield return server;
            else
                output.Error($"Unknown server '{name}'");
        }
    }

    private async Task<int> CheckAsync(CancellationToken cancellationToken)
    {
        var results = new List<CheckResult>();
        foreach (var target in NamedServers())
        {
            var result = CheckEvaluation.Evaluate(await target.ObserveAsync(withSize: false, cancellationToken));
            results.Add(result);
            if (invocation.Has("--nagios"))
                continue;
            output.Result(CheckReport.Lines(result), CheckReport.Json(result));
            if (!result.IsOk)
                output.Fail();
        }

        if (!invocation.Has("--nagios"))
            return 0;
        output.Raw(CheckReport.Nagios(results));
        return results.Exists(result => !result.IsOk) ? CheckReport.NagiosCritical : 0;
    }

    private async Task StatusAsync(IBarmanServer target, CancellationToken cancellationToken)
    {
        var facts = await target.ObserveAsync(withSize: true, cancellationToken);
        output.Result(StatusReport.Lines(facts), StatusReport.Json(facts));
    }

    private async Task ReplicationStatusAsync(IBarmanServer target, CancellationToken cancellationToken)
    {
        var observed = await target.ReadReplicationAsync(cancellationToken);
        if (observed.Value is not { } all)
        {
            output.Debug(observed.Problem);
            output.Error($"Unable to connect to server {target.Policy.Name}");
            return;
        }

        var kind = invocation.Text("--target") switch
        {
            "hot-standby" => ReplicationTarget.HotStandby,
            "wal-streamer" => ReplicationTarget.WalStreamer,
            _ => ReplicationTarget.All,
        };
        var facts = ReplicationReport.Filter(all, kind);
        var report = new ReplicationReport(target.Policy.Name, facts, kind);
        var minimal = invocation.Has("--minimal");
        output.Result(minimal ? report.MinimalLines() : report.Lines(), ReplicationJson.Json(target.Policy.Name, facts, kind, minimal));
    }

    private async Task ListBackupsAsync(IBarmanServer target, CancellationToken cancellationToken)
    {
        if (await CatalogueAsync(target, cancellationToken) is not { } catalogue)
            return;
        var minimal = invocation.Has("--minimal");
        output.Result(
            BackupListReport.Lines(target.Policy.Name, catalogue, minimal), BackupListReport.Json(target.Policy.Name, catalogue, minimal));
    }

    private async Task ShowBackupAsync(CancellationToken cancellationToken)
    {
        if (invocation.Arguments[0] != Name)
            output.Error($"Unknown server '{invocation.Arguments[0]}'");
        else if (await CatalogueAsync(server, cancellationToken) is not { } catalogue)
            return;
        else if (BackupSelection.Find(catalogue, invocation.Arguments[1]) is not { } backup)
            output.Error($"Unknown backup '{invocation.Arguments[1]}' for server '{Name}'");
        else
            output.Result(BackupReport.Lines(Name, catalogue, backup), BackupJson.Json(Name, catalogue, backup));
    }

    private async Task<CatalogueFacts?> CatalogueAsync(IBarmanServer target, CancellationToken cancellationToken)
    {
        var observed = await target.ReadCatalogueAsync(cancellationToken);
        if (observed.Value is null)
            output.Error($"The backups of server '{target.Policy.Name}' cannot be listed: {observed.Problem}");
        return observed.Value;
    }
}
