using System.Text.Json;
using Howdah.Cluster.Agents;
using Howdah.Core.Errors;
using Microsoft.AspNetCore.Http;

namespace Howdah.Daemon;

/// <summary>Carries out commands for other hosts: what is allowed, a few at once, for as long as the caller listens.</summary>
internal sealed class CommandService(AgentServerOptions options, CancellationToken stopping) : IDisposable
{
    /// <summary>The caller waits six times as long before it gives up.</summary>
    private static readonly TimeSpan SignInterval = TimeSpan.FromSeconds(5);

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
            // At once: the caller waits for the beginning no longer than for a sign of life.
            await context.Response.StartAsync(stop.Token);
            await context.Response.Body.FlushAsync(stop.Token);
            var code = await FollowAsync(context, own, stop.Token);
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

    /// <summary>
    /// Hands on what the command writes, and while it writes nothing, that it lives. So a caller who is gone is noticed, too.
    /// </summary>
    private async Task<int> FollowAsync(HttpContext context, OwnCommand own, CancellationToken cancellationToken)
    {
        using var gate = new SemaphoreSlim(1);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        async Task WriteInTurnAsync(CommandOutput output, CancellationToken cancellation)
        {
            await gate.WaitAsync(cancellation);
            try
            {
                await WriteAsync(context, output, cancellation);
            }
            finally
            {
                gate.Release();
            }
        }

        var signs = SignAsync(token => WriteInTurnAsync(new CommandOutput(), token), over);
        try
        {
            return await own.FollowAsync(WriteInTurnAsync, over.Token);
        }
        finally
        {
            await over.CancelAsync();
            await signs;
        }
    }

    /// <summary>Until it is over; where a sign cannot be given, that makes it over.</summary>
    private async Task SignAsync(Func<CancellationToken, Task> sign, CancellationTokenSource over)
    {
        try
        {
            while (true)
            {
                await Task.Delay(SignInterval, options.Time, over.Token);
                await sign(over.Token);
            }
        }
        catch (Exception failure) when (failure is OperationCanceledException or IOException or ObjectDisposedException)
        {
            await over.CancelAsync();
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
