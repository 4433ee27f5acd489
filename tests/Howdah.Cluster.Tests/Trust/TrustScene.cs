using System.Diagnostics;
using System.Security.Cryptography.X509Certificates;
using Howdah.Cluster.Trust;
using Howdah.Core.Errors;
using Microsoft.Extensions.Time.Testing;

namespace Howdah.Cluster.Tests.Trust;

/// <summary>
/// A cluster "demo" with its CA on the host master, and directories of hosts, under /tmp; the clock stands at its beginning.
/// </summary>
public sealed class TrustScene : IDisposable
{
    public static readonly DateTimeOffset Beginning = new(2026, 11, 23, 9, 0, 0, TimeSpan.Zero);

    public static readonly HostIdentity Slave = new("slave.local", ["10.0.10.3", "slave.example.org"]);

    private readonly string _directory = Directory.CreateTempSubdirectory("howdah-trust-").FullName;

    public TrustScene()
    {
        Paths = Host("ca");
        Authority = CertificateAuthority.Create(Paths, "demo", Clock);
        var request = HostKeyPair.CreateRequest(Paths, "master");
        HostKeyPair.Install(Paths, Authority.Sign(request, new HostIdentity("master", ["10.0.10.2"]), Clock), Clock);
    }

    public FakeTimeProvider Clock { get; } = new(Beginning);

    public TrustPaths Paths { get; }

    public CertificateAuthority Authority { get; }

    /// <summary>A directory of that name that holds nothing.</summary>
    public TrustPaths Host(string name) => new(Path.Combine(_directory, name));

    /// <summary>A host with the CA's certificate, a key and a certificate of its own.</summary>
    public TrustPaths Joined(HostIdentity host, TimeSpan? lifetime = null)
    {
        var paths = Host(host.Name);
        AuthorityCertificate.Install(paths, File.ReadAllText(Paths.CaCertificate), Authority.Fingerprint);
        HostKeyPair.Install(paths, Authority.Sign(HostKeyPair.CreateRequest(paths, host.Name), host, Clock, lifetime), Clock);
        return paths;
    }

    public X509Certificate2 Certificate(string host, TimeSpan? lifetime = null) =>
        HostKeyPair.Load(Joined(new HostIdentity(host, ["127.0.0.1"]), lifetime));

    public void Dispose()
    {
        Authority.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    public static OperationException Refused(ErrorCode code, Action action)
    {
        var exception = Assert.Throws<OperationException>(action);
        Assert.Equal(code, exception.Code);
        return exception;
    }

    /// <summary>What openssl writes, both streams; its failure is the test's.</summary>
    public static string OpenSsl(params string[] arguments)
    {
        var (code, output) = TryOpenSsl(arguments);
        Assert.True(code == 0, output);
        return output;
    }

    public static (int ExitCode, string Output) TryOpenSsl(params string[] arguments)
    {
        var start = new ProcessStartInfo("openssl", arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        using var process = Process.Start(start)!;
        // One after the other: what openssl complains about fits in a pipe.
        var output = process.StandardOutput.ReadToEnd() + process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output);
    }

    /// <summary>For openssl's <c>-attime</c>.</summary>
    public string Now => Clock.GetUtcNow().ToUnixTimeSeconds().ToString();
}
