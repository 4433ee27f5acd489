using Howdah.Barman.CommandLine;
using Howdah.Barman.Commands;
using Howdah.Barman.Observation;
using Howdah.Barman.Output;
using Howdah.Cluster.Configuration;
using Howdah.Core.Errors;

namespace Howdah.Barman;

/// <summary>Barman's command line over a Howdah cluster: <c>howdah barman …</c>, or a symbolic link <c>barman</c> to the binary.</summary>
public static class BarmanProgram
{
    /// <param name="args">The arguments after <c>barman</c>.</param>
    /// <param name="host">Streams, clock and the cluster file.</param>
    /// <param name="cancellationToken">Ends the command; the caller decides the exit code then.</param>
    /// <returns>
    /// 0 done; 1 an error or a failed check; 2 a command line that breaks the grammar, or a failed <c>check --nagios</c>.
    /// </returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> args, BarmanHost host, CancellationToken cancellationToken)
    {
        var parsed = CommandLineParser.Parse(args, host.Version);
        if (parsed.Invocation is not { } invocation)
        {
            await (parsed.ExitCode == 0 ? host.Out : host.Error).WriteAsync(parsed.Text);
            return parsed.ExitCode;
        }

        var output = CreateOutput(invocation.Global, host);
        var exitCode = 1;
        try
        {
            if (invocation.Global.ConfigFile is { } file && !File.Exists(file))
            {
                await host.Error.WriteLineAsync($"Configuration file '{file}' does not exist");
                return exitCode;
            }

            var model = host.LoadCluster(invocation.Global.ConfigFile);
            if (await host.RunElsewhere(Request(model, invocation, host), cancellationToken) is { } there)
                return there;
            exitCode = await new CommandRunner(invocation, output, new BarmanServer(model, host.Time)).RunAsync(cancellationToken);
        }
        catch (OperationException exception)
        {
            output.Error(exception.Hint is { } hint ? $"{exception.Message}\nHint: {hint}" : exception.Message);
        }

        output.Complete();
        return exitCode == 0 && output.HasFailed ? 1 : exitCode;
    }

    private static BarmanOutput CreateOutput(GlobalOptions global, BarmanHost host)
    {
        if (global.Json)
            return new JsonOutput(host.Out, global.Quiet, global.Debug);
        return new ConsoleOutput(host.Out, host.Error, HasColor(global, host), global.Quiet, global.Debug);
    }

    private static bool HasColor(GlobalOptions global, BarmanHost host) =>
        global.Color == ColorMode.Always || (global.Color == ColorMode.Auto && host.OutIsTerminal);

    private static BarmanRequest Request(ClusterModel model, BarmanInvocation invocation, BarmanHost host) =>
        new(model, invocation.Typed)
        {
            IsQuiet = invocation.Global.Quiet,
            IsDebug = invocation.Global.Debug,
            IsJson = invocation.Global.Json,
            HasColor = HasColor(invocation.Global, host),
        };
}
