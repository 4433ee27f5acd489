using System.Text.Json;
using Howdah.Cluster.Agents;
using Howdah.Core.Errors;
using Microsoft.AspNetCore.Http;

namespace Howdah.Daemon;

/// <summary>Carries out commands for other hosts: what is allowed, a few at once, for as long as the caller listens.</summary>
internal sealed class CommandService(AgentServerOptions options, CancellationToken stopping) : IDisposable
{
    private static readonly byte[] LineEnd = "\n"u8.ToArray();

    private readonly SemaphoreSlim _places = new(options.Limits.Commands);

    public async Task RunAsync(HttpContext context, string caller)
    {
        var request = await RequestBody.ReadAsync(context, AgentJson.Default.CommandRequest);
        var arguments = options.Commands.Complete(request.Arguments, options.Service.Model.Paths.ClusterFile);
        if (!await _places.WaitAsync(TimeSpan.Zero, context.RequestAborted))
            throw new OperationException(
                ErrorCodes.Locked, $"{options.Limits.Commands} commands run here for other hosts already", "wait until one of them ends");
        try
        {
            await RunAsync(context, caller, (AllowedCommands.Shown(request.Arguments), arguments));
        }
        finally
        {
            _places.Release();
        }
    }

    public void Dispose() => _places.Dispose();

    private async Task RunAsync(HttpContext context, string caller, (string Shown, IReadOnlyList<string> Arguments) command)
    {
        using var own = OwnCommand.Start(options.Program, command.Arguments, options.Time);
        options.Log.Information($"{caller} runs here: {command.Shown}");
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        context.Response.ContentType = "application/x-ndjson";
        try
        {
            await context.Response.StartAsync(stop.Token);
            var code = await own.FollowAsync((output, cancellation) => WriteAsync(context, output, cancellation), stop.Token);
            await WriteAsync(context, new CommandOutput(Exit: code), stop.Token);
            options.Log.Information($"{caller} ran here: {command.Shown}: exit code {code}");
        }
        catch (OperationCanceledException)
        {
            options.Log.Warning(
                $"{command.Shown} for {caller} was ended: "
                + (stopping.IsCancellationRequested ? "the agent stops" : "the caller went away"));
            throw;
        }
    }

    private static async Task WriteAsync(HttpContext context, CommandOutput output, CancellationToken cancellationToken)
    {
        await context.Response.Body.WriteAsync(
            JsonSerializer.SerializeToUtf8Bytes(output, AgentJson.Default.CommandOutput), cancellationToken);
        await context.Response.Body.WriteAsync(LineEnd, cancellationToken);
        await context.Response.Body.FlushAsync(cancellationToken);
    }
}
