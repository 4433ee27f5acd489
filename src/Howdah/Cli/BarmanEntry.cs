using Howdah.Barman;
using Howdah.Cli.Forwarding;
using Howdah.Cluster.Configuration;
using Howdah.Core.Errors;

namespace Howdah.Cli;

/// <summary><c>barman</c>: Barman's command line, with its own grammar, output and exit codes.</summary>
internal static class BarmanEntry
{
    public static OtherProgram Program { get; } =
        new("barman", "Barman's commands (check, backup, switch-wal …) for this cluster", args => Run(args, CliHost.OfProcess()));

    private static int Run(string[] args, CliHost host)
    {
        using var signals = new ProcessSignals();
        try
        {
#pragma warning disable VSTHRD002 // Main is not async: see CommandLine.
            return BarmanProgram.RunAsync(args, ToBarman(host), signals.Token).GetAwaiter().GetResult();
#pragma warning restore VSTHRD002
        }
        catch (OperationCanceledException) when (signals.Received is { } code)
        {
            return (int)code;
        }
        finally
        {
            host.EndOutput();
        }
    }

    private static BarmanHost ToBarman(CliHost host) =>
        new()
        {
            Out = host.Out,
            Error = host.Error,
            OutIsTerminal = host.OutIsTerminal,
            Time = host.Time,
            LoadCluster = file => Load(file, host),
            RunElsewhere = (request, cancellation) => RunElsewhereAsync(request, host, cancellation),
        };

    /// <summary>Without a word of where: scripts read all that Barman prints.</summary>
    private static async Task<int?> RunElsewhereAsync(BarmanRequest request, CliHost host, CancellationToken cancellationToken)
    {
        var forwarder = new CommandForwarder(host, request.Model);
        var name = $"barman {request.Command[0]}";
        if (forwarder.FindElsewhere(request.Model.BackupMachine, name) is not { } other)
            return null;
        var command = new ForwardedCommand(name, BarmanArguments.Of(request), Placement.BackupHost.Reason);
        return await forwarder.RunAsync(other, command, cancellationToken);
    }

    /// <summary>Finds and reads the cluster file as every command does; as root, then becomes the user that owns the cluster.</summary>
    private static ClusterModel Load(string? file, CliHost host)
    {
        var path = new ClusterFileLocator(host.Environment, host.WorkingDirectory).Find(file);
        try
        {
            var model = ClusterFileInForce.Load(path, isMeant: file is not null, static _ => { }).Model;
            Privileges.Drop();
            return model;
        }
        catch (ClusterFileException exception)
        {
            var lines = exception.Problems.Select(problem => ErrorText.Line(exception.Path, problem));
            throw new OperationException(ErrorCodes.ConfigurationInvalid, string.Join('\n', lines), null, exception);
        }
    }
}
