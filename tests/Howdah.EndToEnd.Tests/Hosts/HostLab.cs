using System.Diagnostics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Howdah.Cluster.Configuration;
using Howdah.Cluster.Trust;
using Howdah.Integration.Tests.Fixtures;

namespace Howdah.EndToEnd.Tests.Hosts;

/// <summary>
/// The three hosts of the seed task: each with a network of its own, its own /etc/howdah and /var/lib/howdah, and the native binary.
/// Whatever runs on a host is killed by process id at the end.
/// </summary>
internal sealed class HostLab : IAsyncDisposable
{
    public const string Name = "master.local";

    /// <summary>A machine on the same network; its cable's name ends with its first letter, which no host's name begins with.</summary>
    public const string Stranger = "visitor";

    public static readonly IReadOnlyList<string> Hosts = ["master", "slave", "backup"];

    private static readonly Dictionary<string, string> Addresses = new(StringComparer.Ordinal)
    {
        ["master"] = "10.0.10.2",
        ["slave"] = "10.0.10.3",
        ["backup"] = "10.0.10.4",
    };

    private readonly TestDirectory _directory;
    private readonly HostNetwork _network;
    private readonly Dictionary<string, Process> _agents = new(StringComparer.Ordinal);

    private HostLab(TestDirectory directory, HostNetwork network, string toml)
    {
        ProcessTree.AdoptOrphans();
        ClusterToml = toml;
        _directory = directory;
        _network = network;
    }

    public HostNetwork Network => _network;

    /// <summary>The cluster file that the cluster was made with: that of deploy/vagrant.</summary>
    public string ClusterToml { get; }

    public static async Task<HostLab> CreateAsync(int major = SupportedMajors.Default) => await CreateAsync(await TomlForAsync(major));

    /// <summary>Three hosts with nothing on them but that cluster file, on master.</summary>
    public static async Task<HostLab> CreateAsync(string toml)
    {
        _ = HowdahBinary.Path;
        var lab = new HostLab(await TestDirectory.CreateAsync("hosts"), await HostNetwork.CreateAsync(), toml);
        foreach (var host in Hosts)
        {
            await lab._network.AddHostAsync(host, Addresses[host]);
            foreach (var place in new[] { "etc", "lib", "sockets" })
            {
                Directory.CreateDirectory(lab.PlaceOf(host, place));
                await TestDirectory.GiveToServerUserAsync(lab.PlaceOf(host, place));
            }
        }

        await lab.EditClusterFileAsync("master", lab.ClusterToml);
        return lab;
    }

    /// <summary>Creates a lab, makes the cluster with the documented commands, and waits until it is protected.</summary>
    public static async Task<HostLab> ProtectedAsync(int major = SupportedMajors.Default)
    {
        var lab = await CreateAsync(major);
        try
        {
            await lab.JoinAllAsync();
            // Each hears of the others within a second or so.
            foreach (var host in Hosts)
                await lab.AwaitProtectedAsync(host);
            return lab;
        }
        catch
        {
            await lab.DisposeAsync();
            throw;
        }
    }

    public async Task JoinAllAsync()
    {
        var joins = (await HowdahAsync("master", "init")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        StartAgent("master");
        await AwaitListeningAsync("master");
        foreach (var (host, line) in Hosts.Skip(1).Zip(joins))
        {
            await HowdahAsync(host, line.Split(' ')[1..]);
            StartAgent(host);
        }
    }

    /// <summary>Waits until a host says so.</summary>
    public Task AwaitProtectedAsync(string host = "backup") => TestWait.UntilAsync(
        $"{host} sees the cluster protected", async () => (await TryHowdahAsync(host, "status")).ExitCode == 0, TimeSpan.FromMinutes(2));

    public Task AwaitListeningAsync(string host) => TestWait.UntilAsync(
        $"the agent of {host} listens",
        async () => (await TestCommand.TryRunAsync(
            On(host, ["bash", "-c", $"exec 3<>/dev/tcp/{Addresses[host]}/7420"]))).ExitCode == 0);

    public static string AddressOf(string host) => Addresses[host];

    /// <summary>The agent, as its service would run it.</summary>
    /// <param name="host">Where.</param>
    /// <param name="clockAhead">How far its clock, and that of the servers which it starts, is ahead of the other hosts'.</param>
    public void StartAgent(string host, TimeSpan clockAhead = default)
    {
        IReadOnlyList<string> clock = clockAhead == default ? [] :
        [
            "env", "LD_PRELOAD=/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1", $"FAKETIME={clockAhead.TotalSeconds:+0;-0}s",
            "FAKETIME_DONT_FAKE_MONOTONIC=1",
        ];
        var command = On(host, AsServerUser([.. clock, HowdahBinary.Path, "agent"]));
        var start = new ProcessStartInfo("/bin/bash") { UseShellExecute = false };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add("exec \"$@\" >> \"$0\" 2>&1");
        start.ArgumentList.Add(_directory.File($"{host}.log"));
        foreach (var argument in command)
            start.ArgumentList.Add(argument);
        _agents[host] = Process.Start(start)!;
    }

    /// <summary>kill -9 of the agent alone; what else runs on the host goes on.</summary>
    public async Task KillAgentAsync(string host)
    {
        _agents[host].Kill();
        await _agents[host].WaitForExitAsync(TestEnvironment.Stop);
    }

    /// <summary>Asks the agent to end, as its service does, and waits until it has.</summary>
    public async Task StopAgentAsync(string host)
    {
        SignalAgent(host, ProcessTree.SigTerm);
        await _agents[host].WaitForExitAsync(TestEnvironment.Stop);
    }

    /// <summary>Stops the agent's process in its tracks, or lets it go on; what else runs on the host does.</summary>
    public void SignalAgent(string host, int signal) => ProcessTree.Signal(_agents[host].Id, signal);

    /// <summary>Gives the host, which has nothing yet, a disk for its clusters that is so many MiB large.</summary>
    public Task<SmallDisk> LimitDiskAsync(string host, int mebibytes) => SmallDisk.MountAsync(PlaceOf(host, "lib"), mebibytes);

    /// <summary>The power fails: everything on the host is killed at once.</summary>
    public async Task KillHostAsync(string host)
    {
        foreach (var id in await ProcessesAsync(host))
            ProcessTree.Signal(id, ProcessTree.SigKill);
        await TestWait.UntilAsync($"nothing runs on {host}", async () => (await ProcessesAsync(host)).Count == 0);
    }

    public async Task<string> HowdahAsync(string host, params string[] arguments)
    {
        var result = await TryHowdahAsync(host, arguments);
        return result.ExitCode == 0 ? result.Output : throw new InvalidOperationException(result.Everything + await LogsAsync());
    }

    /// <summary>A script on a host, as the user that runs servers.</summary>
    public Task<string> ShellAsync(string host, string script) => TestCommand.RunAsync(On(host, AsServerUser(["bash", "-ec", script])));

    public Task<CommandResult> TryShellAsync(string host, string script) =>
        TestCommand.TryRunAsync(On(host, AsServerUser(["bash", "-ec", script])));

    /// <summary>The same as root, with howdah among its programs.</summary>
    public Task<CommandResult> TryRootShellAsync(string host, string script) => TestCommand.TryRunAsync(
        On(host, ["bash", "-c", $"PATH={Path.GetDirectoryName(HowdahBinary.Path)}:$PATH; {script}"]));

    /// <summary>Plugs in a machine that is none of the cluster's.</summary>
    public Task AddStrangerAsync() => _network.AddHostAsync(Stranger, "10.0.10.9");

    /// <summary>A script on that machine, as root.</summary>
    public Task<CommandResult> TryStrangerShellAsync(string script) => TestCommand.TryRunAsync(
        ["ip", "netns", "exec", _network.Space(Stranger), "bash", "-c", script]);

    /// <summary>As <see cref="ShellAsync"/>, and does not wait for its end, which comes with that of the lab.</summary>
    public void StartShell(string host, string script)
    {
        var start = new ProcessStartInfo("ip") { UseShellExecute = false };
        foreach (var argument in On(host, AsServerUser(["bash", "-ec", script])).Skip(1))
            start.ArgumentList.Add(argument);
        Process.Start(start)!.Dispose();
    }

    /// <summary>Somebody writes /etc/howdah/howdah.toml, and applies nothing.</summary>
    public Task EditClusterFileAsync(string host, string text) =>
        File.WriteAllTextAsync(Path.Combine(PlaceOf(host, "etc"), "howdah.toml"), text);

    /// <summary>Carries the cluster file by hand.</summary>
    public void CopyClusterFile(string from, string to) => File.Copy(
        Path.Combine(PlaceOf(from, "etc"), "howdah.toml"), Path.Combine(PlaceOf(to, "etc"), "howdah.toml"), overwrite: true);

    public Task<CommandResult> TryHowdahAsync(string host, params string[] arguments) =>
        TestCommand.TryRunAsync(On(host, [HowdahBinary.Path, .. arguments]));

    /// <summary>Somebody types the command and after a while Ctrl-C.</summary>
    public Task<CommandResult> InterruptAsync(string host, TimeSpan after, params string[] arguments) => TestCommand.TryRunAsync(On(
        host, ["timeout", "--preserve-status", "--signal=INT", $"{after.TotalSeconds}", HowdahBinary.Path, .. arguments]));

    public Task<CommandResult> TryBarmanAsync(string host, params string[] arguments) =>
        TestCommand.TryRunAsync(On(host, [HowdahBinary.Barman, .. arguments]));

    public async Task<string> SqlAsync(string host, string sql, string database = "postgres") =>
        (await HowdahAsync(host, "psql", host, "-d", database, "-XAtc", sql)).TrimEnd('\n');

    /// <summary>Gives the server of a host a key pair that is not of the cluster, as somebody has who answers in its place.</summary>
    public async Task ReplaceServerCertificateAsync(string host)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest($"CN={host}", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        await File.WriteAllTextAsync(
            PathsOf(host).Trust.HostPair,
            certificate.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem() + "\n");
        await SqlAsync(host, "select pg_reload_conf()");
    }

    /// <summary>The cluster's directory on a host, as it is seen from outside of the host.</summary>
    public ClusterPaths PathsOf(string host) => new(Path.Combine(PlaceOf(host, "lib"), Name));

    /// <summary>Puts a certificate in place that ends soon, as if the host had had it for long.</summary>
    public async Task AgeCertificateAsync(string host, TimeSpan left)
    {
        var trust = PathsOf(host).Trust;
        using var authority = CertificateAuthority.Open(PathsOf("master").Trust);
        var request = HostKeyPair.CreateRequest(trust, host);
        var aged = authority.Sign(request, new HostIdentity(host, [Addresses[host]]), TimeProvider.System, left);
        HostKeyPair.Install(trust, aged, TimeProvider.System);
        await TestDirectory.GiveToServerUserAsync(trust.Directory);
    }

    /// <summary>The serial of the certificate that the host's PostgreSQL shows to another host; lower case hexadecimal.</summary>
    public async Task<string> ShownSerialAsync(string host, string to)
    {
        const string script = "openssl s_client -starttls postgres -connect \"$0\" </dev/null 2>/dev/null | openssl x509 -noout -serial";
        var answer = await TestCommand.RunAsync(On(to, ["bash", "-c", script, $"{Addresses[host]}:5432"]));
        return answer.Trim().Split('=')[1].ToLowerInvariant();
    }

    public Task<string> ServerLogAsync(string host) =>
        File.ReadAllTextAsync(Path.Combine(PathsOf(host).NodesDirectory, host, "postgresql.log"));

    /// <summary>Edits the host's /etc/howdah/howdah.toml, from what the cluster was made with, and applies it there.</summary>
    public async Task<CommandResult> TryApplyAsync(string host, Func<string, string> edit)
    {
        await EditClusterFileAsync(host, edit(ClusterToml));
        return await TryHowdahAsync(host, "apply", "/etc/howdah/howdah.toml", "--yes");
    }

    public string DataOf(string host) => Path.Combine(PathsOf(host).NodesDirectory, host, "data");

    /// <summary>The postmaster of a node's data directory.</summary>
    public int Postmaster(string host) => int.Parse(
        File.ReadLines(Path.Combine(DataOf(host), "postmaster.pid")).First());

    /// <summary>What the agents have written, for a test that fails.</summary>
    public async Task<string> LogsAsync()
    {
        var text = "";
        foreach (var host in Hosts.Where(host => File.Exists(_directory.File($"{host}.log"))))
            text += $"\n-- {host}\n{string.Join('\n', (await File.ReadAllLinesAsync(_directory.File($"{host}.log"))).TakeLast(30))}";
        return text;
    }

    public async ValueTask DisposeAsync()
    {
        TestContext.Current.TestOutputHelper?.WriteLine(await LogsAsync());
        foreach (var host in Hosts)
            await KillHostAsync(host);
        await _network.DisposeAsync();
        await _directory.DisposeAsync();
    }

    /// <summary>The command on a host, with that host's files in their places.</summary>
    private IReadOnlyList<string> On(string host, IReadOnlyList<string> command)
    {
        const string mounts = "mount --bind \"$0/etc\" /etc/howdah && mount --bind \"$0/lib\" /var/lib/howdah"
            + " && mount --bind \"$0/sockets\" /var/run/postgresql && cd / && exec \"$@\"";
        return
        [
            "ip", "netns", "exec", _network.Space(host), "unshare", "--mount",
            "bash", "-c", "mkdir -p /etc/howdah /var/lib/howdah /var/run/postgresql && " + mounts, _directory.File(host), .. command,
        ];
    }

    private static IReadOnlyList<string> AsServerUser(IReadOnlyList<string> command)
    {
        const string user = TestEnvironment.ServerUser;
        return ["setpriv", $"--reuid={user}", $"--regid={user}", "--init-groups", "--reset-env", .. command];
    }

    private async Task<IReadOnlyList<int>> ProcessesAsync(string host) =>
    [
        .. (await TestCommand.RunAsync(["ip", "netns", "pids", _network.Space(host)]))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse),
    ];

    private string PlaceOf(string host, string place) => Path.Combine(_directory.File(host), place);

    private static async Task<string> TomlForAsync(int major)
    {
        var installation = TestInstallation.Require(major);
        var text = await File.ReadAllTextAsync(RepositoryRoot.PathOf("deploy/vagrant/howdah.toml"));
        return major == SupportedMajors.Default ? text : text.Replace(
            "postgresql = 15\n", $"postgresql = {major}\nbin_directory = \"{installation.BinDirectory}\"\n", StringComparison.Ordinal);
    }
}
