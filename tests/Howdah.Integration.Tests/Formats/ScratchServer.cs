using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Howdah.Integration.Tests.Formats;

/// <summary>A PostgreSQL server of one major version in a scratch directory, as the <c>postgres</c> user; stopped and removed on
/// dispose.</summary>
public sealed class ScratchServer : IDisposable
{
    private readonly string _binaries;

    public ScratchServer(int major, params string[] initOptions)
    {
        Major = major;
        _binaries = BinariesOf(major);
        Root = Directory.CreateTempSubdirectory($"howdah-formats-{major}-").FullName;
        Run("chown", "postgres", Root);
        Run("chmod", "0755", Root);
        Port = FreePort();
        RunAsPostgres(
            [Path.Combine(_binaries, "initdb"), "-D", Data, "-k", "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C", "-N",
            .. initOptions]);
        File.AppendAllText(
            Path.Combine(Data, "postgresql.conf"),
            $"""

            listen_addresses = '127.0.0.1'
            port = {Port}
            unix_socket_directories = '{Root}'
            wal_level = replica
            max_wal_senders = 10
            fsync = off
            full_page_writes = on
            log_min_messages = warning
            {(major >= 13 ? "wal_keep_size = '1GB'" : "wal_keep_segments = 64")}
            """ + "\n");
        File.AppendAllText(Path.Combine(Data, "pg_hba.conf"), "host replication all 127.0.0.1/32 trust\n");
    }

    public int Major { get; }

    public string Root { get; }

    public int Port { get; }

    public string Data => Path.Combine(Root, "data");

    public string Conninfo => $"host=127.0.0.1 port={Port} user=postgres";

    public static string BinariesOf(int major) =>
        Directory.Exists($"/usr/lib/postgresql/{major}/bin") ? $"/usr/lib/postgresql/{major}/bin"
            : $"/var/cache/howdah-tests/postgres/{major}/bin";

    public void Configure(string line) => File.AppendAllText(Path.Combine(Data, "postgresql.conf"), line + "\n");

    public void Start() =>
        RunAsPostgres(Path.Combine(_binaries, "pg_ctl"), "-D", Data, "-w", "-t", "60", "-l", Path.Combine(Root, "log"), "start");

    public void Stop(string mode = "fast") =>
        RunAsPostgres(Path.Combine(_binaries, "pg_ctl"), "-D", Data, "-w", "-t", "60", "-m", mode, "stop");

    public void Promote() => RunAsPostgres(Path.Combine(_binaries, "pg_ctl"), "-D", Data, "-w", "-t", "60", "promote");

    public string Query(string sql) => Run(
        "/usr/lib/postgresql/15/bin/psql", "-h", "127.0.0.1", "-p", $"{Port}", "-U", "postgres", "-d", "postgres", "-X", "-q", "-A", "-t",
            "-v", "ON_ERROR_STOP=1", "-c", sql);

    public void Dispose()
    {
        if (File.Exists(Path.Combine(Data, "postmaster.pid")))
            Stop("immediate");
        Directory.Delete(Root, recursive: true);
    }

    public static string RunAsPostgres(params string[] command) =>
        Run("setpriv", ["--reuid=postgres", "--regid=postgres", "--clear-groups", .. command]);

    public static string Run(string program, params string[] arguments)
    {
        // pg_ctl leaves the server behind with its standard output, so output goes through a file and not through a pipe.
        var output = Path.GetTempFileName();
        try
        {
            var start = new ProcessStartInfo("/bin/sh") { WorkingDirectory = "/tmp" };
            start.Environment["LC_ALL"] = "C";
            foreach (var argument in (
                string[])["-c", "out=$1; shift; exec \"$@\" >\"$out\" 2>&1 </dev/null", "sh", output, program, .. arguments])
                start.ArgumentList.Add(argument);
            using var process = Process.Start(start)!;
            if (!process.WaitForExit(TimeSpan.FromSeconds(120)))
            {
                process.Kill();
                throw new TimeoutException($"{program} {string.Join(' ', arguments)} did not end in 120 s");
            }

            var text = File.ReadAllText(output);
            return process.ExitCode == 0 ? text.Trim()
                : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}: {text}");
        }
        finally
        {
            File.Delete(output);
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
