using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Howdah.Core.Errors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Howdah.Daemon;

/// <summary>
/// The agent's port: HTTP/1.1 over TLS on the host's own address and nowhere else. Follows the cluster file when that gives it another
/// address or port.
/// </summary>
internal sealed class AgentServer(AgentServerOptions options)
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    /// <summary>Bytes per second of a body, after five seconds: the slowest link that a cluster works over has more.</summary>
    private static readonly MinDataRate SlowestBody = new(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(5));

    /// <summary>Serves until cancelled.</summary>
    /// <param name="listening">Called when the port is open, with its address; again after it has moved.</param>
    /// <param name="cancellationToken">Ends it, after what is being answered.</param>
    /// <exception cref="OperationException">At the start: the port cannot be opened, or the host's certificate cannot be
    /// read.</exception>
    public async Task RunAsync(Action<string> listening, CancellationToken cancellationToken)
    {
        using var tls = new ServerTls(options.Service.Model.Paths.Trust, options.Time, options.Log);
        var hasListened = false;
        string? told = null;
        while (!cancellationToken.IsCancellationRequested)
        {
            var place = ListenPlace.Of(options.Service);
            try
            {
                await ServeAsync(tls, place, () => Listens(place), cancellationToken);
            }
            catch (OperationException failure) when (hasListened && failure.Code != ErrorCodes.NodeNotFound)
            {
                // Its host is looked after all the same; and what is in the way may go, or the cluster file change again.
                if (told != failure.Message)
                    options.Log.Problem($"{failure.Message} (hint: {failure.Hint}); trying again");
                told = failure.Message;
                await WaitAsync(cancellationToken);
            }
        }

        void Listens(ListenPlace place)
        {
            hasListened = true;
            told = null;
            listening(place.ToString());
        }
    }

    private async Task ServeAsync(ServerTls tls, ListenPlace place, Action listening, CancellationToken cancellationToken)
    {
        using var stopping = new CancellationTokenSource();
        using var commands = new CommandService(options, stopping.Token);
        await using var application = Build(tls, await place.ResolveAsync(cancellationToken), new AgentEndpoints(options, tls, commands));
        try
        {
            await application.StartAsync(cancellationToken);
        }
        catch (Exception failure) when (failure is IOException or SocketException)
        {
            throw CannotListen(place, failure);
        }

        listening();
        await WaitForMoveAsync(place, cancellationToken);
        await stopping.CancelAsync();
        using var deadline = new CancellationTokenSource(options.Limits.Stop, options.Time);
        await application.StopAsync(deadline.Token);
    }

    /// <summary>Returns when the server has to be somewhere else, or nowhere any more.</summary>
    private async Task WaitForMoveAsync(ListenPlace place, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested && ListenPlace.Of(options.Service) == place)
            await WaitAsync(cancellationToken);
    }

    private async Task WaitAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Task.Delay(LookInterval, options.Time, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // The way to end it; what is being answered still is.
        }
    }

    /// <remarks>The empty builder: no settings from files or the environment, no log of its own, nothing that answers unasked.</remarks>
    private WebApplication Build(ServerTls tls, IReadOnlyList<IPAddress> addresses, AgentEndpoints endpoints)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "howdah", ContentRootPath = "/" });
        var strangers = new StrangerLimit(() => options.Service.Model, options.Limits.StrangerConnections);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            Limit(kestrel.Limits);
            foreach (var address in addresses)
                kestrel.Listen(address, options.Service.Model.Agent.Port, listener => Listen(listener, tls, strangers));
        });
        builder.Services.AddSingleton<IHostLifetime, CallersLifetime>();
        builder.Logging.SetMinimumLevel(LogLevel.Error).AddProvider(new FrameworkLog(options.Log));
        var application = builder.Build();
        application.Run(endpoints.HandleAsync);
        return application;
    }

    private void Listen(ListenOptions listener, ServerTls tls, StrangerLimit strangers)
    {
        listener.Protocols = HttpProtocols.Http1;
        listener.Use(next => connection => strangers.RunAsync(connection, next));
        listener.UseHttps(new TlsHandshakeCallbackOptions
        {
            HandshakeTimeout = options.Limits.Header,
            OnConnection = context =>
                ValueTask.FromResult<SslServerAuthenticationOptions>(tls.OptionsFor(context.Connection.RemoteEndPoint)),
        });
    }

    private void Limit(KestrelServerLimits limits)
    {
        limits.MaxConcurrentConnections = options.Limits.Connections;
        limits.MaxRequestBodySize = options.Limits.RequestBody;
        limits.RequestHeadersTimeout = options.Limits.Header;
        limits.KeepAliveTimeout = options.Limits.KeepAlive;
        limits.MinRequestBodyDataRate = SlowestBody;
        limits.MinResponseDataRate = SlowestBody;
        // None of our requests has a query or more than a few headers.
        limits.MaxRequestLineSize = 1024;
        limits.MaxRequestHeadersTotalSize = 8192;
        limits.MaxRequestHeaderCount = 32;
        limits.MaxRequestBufferSize = 64 << 10;
        limits.MaxResponseBufferSize = 64 << 10;
    }

    private static OperationException CannotListen(ListenPlace place, Exception failure) => failure switch
    {
        { InnerException: AddressInUseException } => new OperationException(
            ErrorCodes.Locked, $"listening on {place}: the port is taken",
            $"another howdah agent, or see who has it: ss -ltnp 'sport = :{place.Port}'; all hosts of a cluster use the port [agent] port",
            failure),
        SocketException { SocketErrorCode: SocketError.AddressNotAvailable } => new OperationException(
            ErrorCodes.ConfigurationInvalid, $"listening on {place}: no interface of this host has that address",
            "is the network up? The address is that of this host in the cluster file", failure),
        _ => new OperationException(
            ErrorCodes.ConfigurationInvalid, $"listening on {place}: {failure.GetBaseException().Message}",
            "see [agent] port and this host's address in the cluster file", failure),
    };

    /// <summary>Whoever calls <see cref="RunAsync"/> decides on the end, and on signals.</summary>
    private sealed class CallersLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
