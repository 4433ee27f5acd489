using System.Net;
using System.Text;
using System.Text.Json;
using Howdah.Cli.Json;
using Howdah.Cluster.Agents;
using Howdah.Core.Errors;
using Howdah.Storage;
using Microsoft.AspNetCore.Http;

namespace Howdah.Daemon;

/// <summary>
/// Every request comes here: who asks, whether they may, and what they get. What is not in the table does not exist. A certificate is
/// looked at for each request anew, because a connection may outlive it.
/// </summary>
internal sealed class AgentEndpoints
{
    public const string Status = "/status";
    public const string Metrics = "/metrics";

    private readonly AgentServerOptions _options;
    private readonly ServerTls _tls;
    private readonly CommandService _commands;
    private readonly JoinThrottle _joins;
    private readonly LogLimit _limit;
    private readonly Dictionary<(string Method, string Path), Endpoint> _endpoints;

    public AgentEndpoints(AgentServerOptions options, ServerTls tls, CommandService commands)
    {
        _options = options;
        _tls = tls;
        _commands = commands;
        _joins = new JoinThrottle(options.Time);
        _limit = new LogLimit(options.Time);
        _endpoints = new Dictionary<(string Method, string Path), Endpoint>
        {
            [("GET", AgentPaths.Authority)] = new(Access.Everybody, AuthorityAsync),
            [("POST", AgentPaths.Join)] = new(Access.Everybody, JoinAsync),
            [("GET", AgentPaths.Report)] = new(Access.Members, ReportAsync),
            [("GET", AgentPaths.ClusterFile)] = new(Access.Members, ReadClusterFileAsync),
            [("PUT", AgentPaths.ClusterFile)] = new(Access.Members, TakeClusterFileAsync),
            [("POST", AgentPaths.Plan)] = new(Access.Members, PlanAsync),
            [("POST", AgentPaths.Renew)] = new(Access.Members, RenewAsync),
            [("POST", AgentPaths.Commands)] = new(Access.Members, commands.RunAsync),
            [("GET", Status)] = new(Access.WhereStatusIsOpen, StatusAsync),
            [("GET", Metrics)] = new(Access.WhereStatusIsOpen, MetricsAsync),
        };
    }

    private enum Access
    {
        Members,

        /// <summary>Members, and everybody where the cluster file opens the status. Such an endpoint changes nothing.</summary>
        WhereStatusIsOpen,

        Everybody,
    }

    private IAgentService Service => _options.Service;

    /// <summary>Answers one request. Every failure is handled here.</summary>
    public async Task HandleAsync(HttpContext context)
    {
        try
        {
            await DispatchAsync(context);
        }
        catch (OperationException failure)
        {
            await RefuseAsync(context, failure, status: null);
        }
        catch (BadHttpRequestException malformed)
        {
            await RefuseAsync(context, Malformed(malformed.Message.TrimEnd('.')), malformed.StatusCode);
        }
        catch (JsonException)
        {
            await RefuseAsync(context, Malformed("the body is not what was expected"), StatusCodes.Status400BadRequest);
        }
        catch (Exception exception) when (StorageFailure.IsStorageError(exception) && !context.RequestAborted.IsCancellationRequested)
        {
            var failure = StorageFailure.Describe($"answering {context.Request.Path}", exception);
            _options.Log.Problem($"{failure.Code}: {failure.Message}");
            await RefuseAsync(context, failure, status: null);
        }
        catch (OperationCanceledException)
        {
            context.Abort(); // the caller is gone, or we are going
        }
        catch (Exception exception) when (!context.RequestAborted.IsCancellationRequested)
        {
            _options.Log.Problem($"a bug, answering {context.Request.Method} {context.Request.Path}: {exception}");
            await RefuseAsync(
                context, new OperationException(ErrorCodes.AgentRefused, "the agent failed at it", "see its log"),
                StatusCodes.Status500InternalServerError);
        }
    }

    private async Task DispatchAsync(HttpContext context)
    {
        if (!_endpoints.TryGetValue((context.Request.Method, context.Request.Path.Value ?? ""), out var endpoint))
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        var caller = CallerOf(context);
        var isOpen = endpoint.Access == Access.Everybody
            || (endpoint.Access == Access.WhereStatusIsOpen && Service.Model.Agent.IsStatusOpen);
        if (caller is null && !isOpen)
        {
            // Nothing of the body is looked at. A short one is thrown away, since a reset would take the answer along.
            RequestBody.Limit(context, _options.Limits.JoinBody);
            if (_limit.Admits("stranger"))
                _options.Log.Warning($"refused {context.Request.Path} to {AddressOf(context)}: no certificate of the cluster");
            await RefuseAsync(
                context,
                new OperationException(
                    ErrorCodes.CertificateRefused, "this is for hosts of the cluster, which show a certificate of it",
                    "join the host to the cluster"),
                StatusCodes.Status403Forbidden);
            return;
        }

        await endpoint.Answer(context, caller ?? "");
    }

    /// <summary>The host's name; null for somebody without a certificate, or with one that has ceased to count.</summary>
    private string? CallerOf(HttpContext context) =>
        context.Connection.ClientCertificate is { } certificate
            ? _tls.Check(certificate, new IPEndPoint(context.Connection.RemoteIpAddress ?? IPAddress.None, 0)).HostName
            : null;

    private Task AuthorityAsync(HttpContext context, string caller) =>
        Answers.BytesAsync(context, Encoding.ASCII.GetBytes(_tls.AuthorityPem), "application/x-pem-file");

    private async Task JoinAsync(HttpContext context, string caller)
    {
        if (_joins.IsClosed)
        {
            context.Response.Headers.RetryAfter = JoinThrottle.Window.TotalSeconds.ToString("0");
            RequestBody.Limit(context, _options.Limits.JoinBody);
            await RefuseAsync(
                context,
                new OperationException(
                    ErrorCodes.TrustLimitReached, $"joining: {JoinThrottle.MostFailures} tries have failed within a minute",
                    "wait a minute; then look who tries, in the agent's log"),
                StatusCodes.Status429TooManyRequests);
            return;
        }

        var host = "a host unknown";
        try
        {
            var request = await RequestBody.ReadAsync(context, AgentJson.Default.JoinRequest, _options.Limits.JoinBody);
            host = Shown(request.Host);
            var answer = Service.Admit(request);
            _options.Log.Information($"{host} joined from {AddressOf(context)}");
            await Answers.JsonAsync(context, answer, AgentJson.Default.JoinAnswer);
        }
        catch (Exception failure) when (failure is OperationException or JsonException or BadHttpRequestException)
        {
            // What was wrong, never what was sent: the token may be right, for another host.
            var why = failure is OperationException { Code: var code, Message: var message }
                ? $"{code}: {message}"
                : "the request is malformed";
            _options.Log.Warning($"{host} failed to join from {AddressOf(context)}: {why}");
            if (_joins.Failed())
                _options.Log.Warning($"{JoinThrottle.MostFailures} joins failed within a minute: for a minute no host is let in");
            throw;
        }
    }

    private Task ReportAsync(HttpContext context, string caller) =>
        Answers.JsonAsync(context, Service.Report(), AgentJson.Default.HostReport);

    private Task ReadClusterFileAsync(HttpContext context, string caller) =>
        Answers.JsonAsync(context, Service.ReadClusterFile(), AgentJson.Default.ClusterFileRevision);

    private async Task TakeClusterFileAsync(HttpContext context, string caller)
    {
        var offered = await RequestBody.ReadAsync(context, AgentJson.Default.ClusterFileRevision);
        Service.TakeClusterFile(offered);
        _options.Log.Information($"revision {offered.Revision} of the cluster file came from {caller}");
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private async Task PlanAsync(HttpContext context, string caller)
    {
        var request = await RequestBody.ReadAsync(context, AgentJson.Default.PlanRequest);
        await Answers.JsonAsync(
            context, await Service.PlanAsync(request.Text, context.RequestAborted), AgentJson.Default.ClusterPlan);
    }

    private async Task RenewAsync(HttpContext context, string caller)
    {
        var request = await RequestBody.ReadAsync(context, AgentJson.Default.RenewalRequest);
        var answer = Service.Renew(caller, request);
        _options.Log.Information($"{caller} has a new certificate");
        await Answers.JsonAsync(context, answer, AgentJson.Default.RenewalAnswer);
    }

    private async Task StatusAsync(HttpContext context, string caller)
    {
        using var text = new StringWriter();
        JsonOutput.Write(text, StatusJson.Of(Service.Status()), CliJson.Default.StatusJson);
        await Answers.BytesAsync(context, Encoding.UTF8.GetBytes(text.ToString()), "application/json");
    }

    private Task MetricsAsync(HttpContext context, string caller) =>
        Answers.BytesAsync(context, Encoding.UTF8.GetBytes(MetricsText.Of(Service.Status())), MetricsText.ContentType);

    private static async Task RefuseAsync(HttpContext context, OperationException failure, int? status)
    {
        if (context.Response.HasStarted)
            context.Abort(); // half an answer must not look like a whole one
        else
            await Answers.RefusalAsync(context, failure, status);
    }

    private static OperationException Malformed(string seen) => new(ErrorCodes.AgentRefused, $"reading the request: {seen}");

    private static string AddressOf(HttpContext context) =>
        ServerTls.AddressOf(new IPEndPoint(context.Connection.RemoteIpAddress ?? IPAddress.None, 0));

    /// <summary>A stranger's word, for the log.</summary>
    private static string Shown(string host) =>
        host.Length is > 0 and <= 63 && host.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_') ? host : "a host unknown";

    private sealed record Endpoint(Access Access, Func<HttpContext, string, Task> Answer);
}
