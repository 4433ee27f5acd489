using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Howdah.Cluster.Agents;
using Howdah.Cluster.Configuration;
using Howdah.Cluster.Trust;
using Howdah.Daemon;
using Howdah.Integration.Tests.Fixtures;

namespace Howdah.EndToEnd.Tests.Agents;

/// <summary>A real server on a loopback port, of a cluster "demo" with a CA and hosts of its own, and ways to call it.</summary>
internal sealed class AgentScene : IAsyncDisposable
{
    public const string Self = "alpha";

    private readonly string _directory = Directory.CreateTempSubdirectory("howdah-agent-").FullName;
    private readonly CancellationTokenSource _stop = new();
    private readonly StringWriter _log = new();
    private readonly List<IDisposable> _owned = [];
    private Task _serving = Task.CompletedTask;

    public AgentScene(TimeProvider? time = null, string agentSection = "")
    {
        Time = time ?? TimeProvider.System;
        Model = ModelIn("alpha-root", FreePort.Next(), agentSection);
        Trust = Model.Paths.Trust;
        Authority = CertificateAuthority.Create(Trust, "demo", Time);
        HostKeyPair.Install(Trust, Authority.Sign(HostKeyPair.CreateRequest(Trust, Self), Identity(Self), Time), Time);
        Service = new FakeAgentService(Model, Authority, Time);
    }

    public TimeProvider Time { get; }

    public ClusterModel Model { get; }

    public TrustPaths Trust { get; }

    public CertificateAuthority Authority { get; }

    public FakeAgentService Service { get; }

    public AgentServerLimits Limits { get; init; } = new();

    public int Port => Model.Agent.Port;

    /// <summary>Where the server is, for a client of ours.</summary>
    public static HostModel Server { get; } = new(Self, "127.0.0.1", [], IsBackupHost: true);

    public string Log
    {
        get
        {
            lock (_log)
                return _log.ToString();
        }
    }

    /// <summary>What carries out commands instead of the program: see <see cref="Script"/>.</summary>
    private string Program => PathOf("howdah");

    public string PathOf(string name) => Path.Combine(_directory, name);

    /// <summary>Commands run this, in the scene's directory.</summary>
    public AgentScene Script(string lines)
    {
        File.WriteAllText(Program, $"#!/bin/sh\ncd {_directory}\n{lines}\n");
        File.SetUnixFileMode(Program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return this;
    }

    public async Task<AgentScene> StartAsync()
    {
        var listening = new TaskCompletionSource();
        _serving = new AgentServer(new AgentServerOptions
        {
            Service = Service,
            Commands = new AllowedCommands("status", "drill"),
            Time = Time,
            Log = new AgentLog(TextWriter.Synchronized(_log), TimeProvider.System, isForJournal: true),
            Program = Program,
            Limits = Limits,
        }).RunAsync(_ => listening.TrySetResult(), _stop.Token);
        await await Task.WhenAny(listening.Task, _serving);
        return this;
    }

    /// <summary>Stops serving, and fails where it had failed.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _serving;
    }

    /// <summary>A host with a certificate of this cluster.</summary>
    public TrustPaths Member(string host, TimeSpan? lifetime = null)
    {
        var paths = new TrustPaths(PathOf(host + "-root/demo/trust"));
        AuthorityCertificate.Install(paths, File.ReadAllText(Trust.CaCertificate), Authority.Fingerprint);
        HostKeyPair.Install(paths, Authority.Sign(HostKeyPair.CreateRequest(paths, host), Identity(host), Time, lifetime), Time);
        return paths;
    }

    public X509Certificate2 Certificate(string host, TimeSpan? lifetime = null) => Own(HostKeyPair.Load(Member(host, lifetime)));

    /// <summary>The client that agents use, as the host.</summary>
    public AgentClient ClientOf(string host) => Own(new AgentClient(ModelOf(host), TimeProvider.System));

    /// <summary>The cluster as a host with a certificate has it.</summary>
    public ClusterModel ModelOf(string host)
    {
        Member(host);
        return ModelIn(host + "-root", Port, "");
    }

    /// <summary>A client that trusts every server and shows what it is told to.</summary>
    private static SslStreamCertificateContext? ContextOf(X509Certificate2? certificate) =>
        certificate is null ? null : SslStreamCertificateContext.Create(certificate, null, offline: true);

    public HttpClient Browser(X509Certificate2? certificate = null, string? from = null, Action<X509Certificate>? served = null)
    {
        var handler = new SocketsHttpHandler
        {
            SslOptions = new SslClientAuthenticationOptions
            {
                ClientCertificateContext = ContextOf(certificate),
#pragma warning disable CA5359 // Plays a stranger, who does not care.
                RemoteCertificateValidationCallback = (_, server, _, _) =>
#pragma warning restore CA5359
                {
                    served?.Invoke(server!);
                    return true;
                },
            },
        };
        if (from is not null)
            handler.ConnectCallback = async (_, _) => new NetworkStream(await ConnectAsync(from), ownsSocket: true);
        return Own(new HttpClient(handler) { BaseAddress = new Uri($"https://127.0.0.1:{Port}"), Timeout = TimeSpan.FromSeconds(30) });
    }

    /// <summary>A bare connection, from that address.</summary>
    public async Task<Socket> ConnectAsync(string from = "127.0.0.1")
    {
        var socket = Own(new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        socket.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
        await socket.ConnectAsync(IPAddress.Loopback, Port, TestEnvironment.Stop);
        return socket;
    }

    /// <summary>A connection after the handshake, for requests that no client of ours would send.</summary>
    public async Task<SslStream> OpenAsync(X509Certificate2? certificate = null)
    {
        var stream = Own(new SslStream(new NetworkStream(await ConnectAsync(), ownsSocket: true)));
        await stream.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = Self,
                ClientCertificateContext = ContextOf(certificate),
#pragma warning disable CA5359 // Plays a stranger, who does not care.
                RemoteCertificateValidationCallback = (_, _, _, _) => true,
#pragma warning restore CA5359
            },
            TestEnvironment.Stop);
        return stream;
    }

    /// <summary>Whether the host's certificate brings it through a handshake of its own, and to an answer.</summary>
    public async Task<HttpStatusCode?> TryReportAsync(X509Certificate2? certificate)
    {
        try
        {
            using var response = await Browser(certificate).GetAsync(AgentPaths.Report, TestEnvironment.Stop);
            return response.StatusCode;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    public ClusterPaths PathsIn(string root) => new(PathOf(root + "/demo"));

    public async ValueTask DisposeAsync()
    {
        foreach (var owned in Enumerable.Reverse(_owned))
            owned.Dispose();
        await _stop.CancelAsync();
        await Task.WhenAny(_serving);
        _stop.Dispose();
        Authority.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private static HostIdentity Identity(string host) => new(host, ["127.0.0.1"]);

    private ClusterModel ModelIn(string root, int port, string agentSection) => ClusterConfigReader.Read(
        $"""
        [cluster]
        name = "demo"
        postgresql = 15
        [[nodes]]
        name = "{Self}"
        address = "127.0.0.1"
        [backup]
        name = "backup"
        address = "127.0.0.1"
        [agent]
        port = {port}
        {agentSection}
        """,
        "howdah.toml", new ConfigDefaults { ClusterRoot = PathOf(root) }) is { Model: { } model }
            ? model
            : throw new InvalidOperationException("the test's cluster file is wrong");

    private T Own<T>(T resource)
        where T : IDisposable
    {
        _owned.Add(resource);
        return resource;
    }
}
