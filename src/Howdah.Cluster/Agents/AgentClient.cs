using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Howdah.Cluster.Configuration;
using Howdah.Cluster.Planning;
using Howdah.Cluster.Trust;
using Howdah.Core.Errors;
using Howdah.Storage;

namespace Howdah.Cluster.Agents;

/// <summary>
/// HTTP over mutual TLS to the other hosts: we show this host's certificate, the newest one, and go on only with the very host that was
/// meant. Thread-safe.
/// </summary>
public sealed class AgentClient : IAgentChannel, IDisposable
{
    /// <summary>A host that is up answers in milliseconds; a frozen one must not hold up a look at the others.</summary>
    private static readonly TimeSpan AnswerDeadline = TimeSpan.FromSeconds(3);

    /// <summary>The server program reads the settings of each node for it.</summary>
    private static readonly TimeSpan PlanDeadline = TimeSpan.FromSeconds(30);

    /// <summary>Reports of a cluster with many slots and snapshots stay far below.</summary>
    private const int LongestAnswer = 16 << 20;

    /// <summary>An agent gives a sign of life every 5 s while a command writes nothing; a lossy link may delay some.</summary>
    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(30);

    /// <summary>One line of a command's output, in bytes.</summary>
    private const int LongestLine = 1 << 20;

    /// <summary>By host and by our certificate: connections that were opened with the one before are not used any more.</summary>
    private readonly ConcurrentDictionary<(string Host, string OwnSerial), HttpClient> _clients = new();
    /// <summary>Why we did not take the certificate of a host the last time that we did not.</summary>
    private readonly ConcurrentDictionary<string, string> _refusals = new(StringComparer.Ordinal);

    private readonly ClusterModel _model;
    private readonly TimeProvider _time;
    private readonly PeerValidator _validator;
    private readonly WatchedFile<X509Certificate2> _own;

    public AgentClient(ClusterModel model, TimeProvider time)
    {
        _model = model;
        _time = time;
        _validator = PeerValidator.Open(model.Paths.Trust);
        // One that cannot be read leaves the last that could; that is told by whoever renews it.
        _own = new WatchedFile<X509Certificate2>(
            model.Paths.Trust.HostPair, () => HostKeyPair.Load(model.Paths.Trust), failed: _ => { });
    }

    public Task<HostReport> ReadReportAsync(HostModel host, CancellationToken cancellationToken) =>
        GetAsync(host, AgentPaths.Report, AgentJson.Default.HostReport, cancellationToken);

    public Task<ClusterFileRevision> ReadClusterFileAsync(HostModel host, CancellationToken cancellationToken) =>
        GetAsync(host, AgentPaths.ClusterFile, AgentJson.Default.ClusterFileRevision, cancellationToken);

    public Task<ClusterPlan> PlanAsync(HostModel host, string text, CancellationToken cancellationToken) => AskAsync(
        host,
        new Call(HttpMethod.Post, AgentPaths.Plan, Json(new PlanRequest(text), AgentJson.Default.PlanRequest)) { Deadline = PlanDeadline },
        AgentJson.Default.ClusterPlan, cancellationToken);

    public Task WriteClusterFileAsync(HostModel host, ClusterFileRevision file, CancellationToken cancellationToken) =>
        CallAsync(
            host, new Call(HttpMethod.Put, AgentPaths.ClusterFile, Json(file, AgentJson.Default.ClusterFileRevision)),
            (_, _) => Task.FromResult(true), cancellationToken);

    public async Task<string> RenewAsync(HostModel host, string request, CancellationToken cancellationToken) => (await AskAsync(
        host, new Call(HttpMethod.Post, AgentPaths.Renew, Json(new RenewalRequest(request), AgentJson.Default.RenewalRequest)),
        AgentJson.Default.RenewalAnswer, cancellationToken)).Certificate;

    public async Task<int> RunCommandAsync(
        HostModel host, IReadOnlyList<string> arguments, Action<CommandOutput> wrote, CancellationToken cancellationToken)
    {
        using var response = await HeardAsync(host, token => BeginAsync(host, arguments, token), cancellationToken);
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        await using var lines = new BoundedLines(stream, LongestLine);
        while (await HeardAsync(host, token => ReadOutputAsync(lines, token), cancellationToken) is { } output)
        {
            if (output.Exit is { } code)
                return code;
            if (output is not { Out: null, Error: null })
                wrote(output);
        }

        throw new OperationException(
            ErrorCodes.AgentUnreachable, $"the agent of {host.Name} went away while the command ran",
            "see howdah status whether it is back; the command may have been carried out");
    }

    public void Dispose()
    {
        foreach (var client in _clients.Values)
            client.Dispose();
        _validator.Dispose();
        _own.Current.Dispose();
    }

    /// <summary>Options for either end of a connection between members of a cluster.</summary>
    internal static SslClientAuthenticationOptions Tls(
        PeerValidator validator, TlsParty party, TimeProvider time, Action<PeerVerdict>? refused = null) => new()
        {
            ClientCertificates = party.Own is null ? [] : [party.Own],
            CertificateChainPolicy = validator.CreateChainPolicy(time),
            // The name in the certificate is the host's name in the cluster file, whatever address it was reached by.
            RemoteCertificateValidationCallback = (_, certificate, _, _) =>
            {
                var verdict = validator.Check(certificate as X509Certificate2, party.ExpectedHost, time);
                if (!verdict.IsAccepted)
                    refused?.Invoke(verdict);
                return verdict.IsAccepted;
            },
        };

    private Task<T> GetAsync<T>(HostModel host, string path, JsonTypeInfo<T> type, CancellationToken cancellationToken) =>
        AskAsync(host, new Call(HttpMethod.Get, path), type, cancellationToken);

    private Task<T> AskAsync<T>(HostModel host, Call call, JsonTypeInfo<T> answer, CancellationToken cancellationToken) =>
        CallAsync(host, call, (response, cancellation) => ReadAsync(response, answer, cancellation), cancellationToken);

    private async Task<T> CallAsync<T>(
        HostModel host, Call call, Func<HttpResponseMessage, CancellationToken, Task<T>> read, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(call.Deadline);
        try
        {
            using var request = Request(host, call.Method, call.Path, call.Body);
            using var response = await ClientFor(host).SendAsync(request, deadline.Token);
            await RefuseFailureAsync(host, response, deadline.Token);
            return await read(response, deadline.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new OperationException(
                ErrorCodes.AgentUnreachable,
                $"the agent of {host.Name} ({Place(host)}) did not answer within {call.Deadline.TotalSeconds:0} s");
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException or JsonException)
        {
            throw Translate(host, failure);
        }
    }

    private static async Task<T> ReadAsync<T>(HttpResponseMessage response, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        return await JsonSerializer.DeserializeAsync(stream, type, cancellationToken) ?? throw new JsonException("the answer is null");
    }

    private async Task<HttpResponseMessage> BeginAsync(
        HostModel host, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var body = Json(new CommandRequest(arguments), AgentJson.Default.CommandRequest);
        using var request = Request(host, HttpMethod.Post, AgentPaths.Commands, body);
        var response = await ClientFor(host).SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        try
        {
            await RefuseFailureAsync(host, response, cancellationToken);
            return response;
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    /// <summary>Null where there is no more.</summary>
    private static async Task<CommandOutput?> ReadOutputAsync(BoundedLines lines, CancellationToken cancellationToken) =>
        await lines.ReadAsync(cancellationToken) is { } line
            ? JsonSerializer.Deserialize(line, AgentJson.Default.CommandOutput) ?? throw new JsonException("a line is null")
            : null;

    /// <summary>
    /// Waits for the host as long as it may be silent. What fails is its failure: what the caller does with the answer is not in here.
    /// </summary>
    private async Task<T> HeardAsync<T>(
        HostModel host, Func<CancellationToken, Task<T>> hear, CancellationToken cancellationToken)
    {
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        silence.CancelAfter(LongestSilence);
        try
        {
            return await hear(silence.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The connection has a shorter deadline of its own.
            throw new OperationException(
                ErrorCodes.AgentUnreachable, $"the agent of {host.Name} ({Place(host)}) does not answer",
                "see howdah status; a command that it had begun may have been carried out");
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException or JsonException)
        {
            throw Translate(host, failure);
        }
    }

    private static async Task RefuseFailureAsync(HostModel host, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.IsSuccessStatusCode)
            return;
        if (response.Content.Headers.ContentType?.MediaType == "application/json")
            throw (await ReadAsync(response, AgentJson.Default.AgentRefusal, cancellationToken)).ToException(host.Name);
        throw new OperationException(ErrorCodes.AgentRefused, $"the agent of {host.Name} answered {(int)response.StatusCode}");
    }

    /// <summary>Of those with an older certificate one is left behind a year, without connections; commands on it go on.</summary>
    private HttpClient ClientFor(HostModel host)
    {
        var own = _own.Current;
        return _clients.GetOrAdd((host.Name, own.SerialNumber), _ => new HttpClient(Handler(host, own))
        {
            Timeout = Timeout.InfiniteTimeSpan,
            MaxResponseContentBufferSize = LongestAnswer,
        });
    }

    private SocketsHttpHandler Handler(HostModel host, X509Certificate2 own) => new()
    {
        ConnectTimeout = AnswerDeadline,
        UseProxy = false,
        AllowAutoRedirect = false,
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
        // A connection that outlives a revocation would go on as before.
        PooledConnectionLifetime = TimeSpan.FromMinutes(1),
        SslOptions = Tls(_validator, new TlsParty(own, host.Name), _time, verdict => _refusals[host.Name] = verdict.Reason),
    };

    private HttpRequestMessage Request(HostModel host, HttpMethod method, string path, HttpContent? body) =>
        new(method, new Uri($"https://{Place(host)}{path}")) { Content = body, Version = HttpVersion.Version11 };

    private MemberAddress Place(HostModel host) => new(host.Address, _model.Agent.Port);

    private OperationException Translate(HostModel host, Exception failure)
    {
        var cause = failure.GetBaseException().Message.TrimEnd('.');
        return (failure as HttpRequestException)?.HttpRequestError switch
        {
            HttpRequestError.SecureConnectionError => new OperationException(
                ErrorCodes.CertificateRefused,
                $"the agent of {host.Name} ({Place(host)}) and this host do not trust each other: "
                + (_refusals.TryGetValue(host.Name, out var reason) ? reason : cause),
                "see howdah cert on both hosts", failure),
            // In TLS 1.3 our handshake is over before the other side looks at our certificate.
            HttpRequestError.ResponseEnded => new OperationException(
                ErrorCodes.AgentUnreachable,
                $"the agent of {host.Name} ({Place(host)}) closed the connection without an answer, as it does where it does not take this "
                + "host's certificate",
                "see howdah cert here, and its log there", failure),
            _ => new OperationException(
                ErrorCodes.AgentUnreachable, $"the agent of {host.Name} ({Place(host)}) cannot be reached: {cause}",
                "does howdah agent run there?", failure),
        };
    }

    internal static ByteArrayContent Json<T>(T value, JsonTypeInfo<T> type) => new(JsonSerializer.SerializeToUtf8Bytes(value, type))
    {
        Headers = { ContentType = new MediaTypeHeaderValue("application/json") },
    };

    /// <param name="Own">The certificate that is shown; null: none.</param>
    /// <param name="ExpectedHost">The host that the other side must be; null: any of the cluster.</param>
    internal sealed record TlsParty(X509Certificate2? Own, string? ExpectedHost);

    private sealed record Call(HttpMethod Method, string Path, HttpContent? Body = null)
    {
        public TimeSpan Deadline { get; init; } = AnswerDeadline;
    }
}
