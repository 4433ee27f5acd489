using Howdah.Integration.Tests.Fixtures;

namespace Howdah.EndToEnd.Tests.Hosts;

/// <summary>Whom a server lets in, by role, place and encryption, each with the right password; and who listens where.</summary>
public sealed class RolesOverHostsTests
{
    private const string Replication = "streaming_barman";
    private const string Backup = "barman";
    private const string Superuser = "postgres";
    private const string Stream = "replication=true";

    /// <summary>To the server of master; sslmode=require where nothing else is said.</summary>
    private static readonly Attempt[] Attempts =
    [
        new("slave", Replication, Stream, IsLetIn: true),
        new("backup", Replication, Stream, IsLetIn: true),
        new("backup", Backup, Stream, IsLetIn: true),
        new("backup", Backup, "dbname=postgres", IsLetIn: true),
        new("slave", Backup, "dbname=postgres", IsLetIn: true),
        .. from role in new[] { Replication, Backup, Superuser }
           from place in new[] { Stream, "dbname=postgres", "dbname=template1" }
           from host in new[] { "slave", "backup" }
           select new Attempt(host, role, place + " sslmode=disable", IsLetIn: false),
        .. from role in new[] { Replication, Backup, Superuser }
           from place in new[] { Stream, "dbname=postgres", "dbname=postgres replication=database", "dbname=template1" }
           from host in new[] { HostLab.Stranger, "master" }
           select new Attempt(host, role, place, IsLetIn: false),
        .. from host in new[] { "slave", "backup" }
           from place in new[] { "dbname=postgres", "dbname=postgres replication=database", "dbname=template1" }
           select new Attempt(host, Replication, place, IsLetIn: false),
        new("slave", Backup, Stream, IsLetIn: false),
        .. from host in new[] { "slave", "backup" } select new Attempt(host, Backup, "dbname=template1", IsLetIn: false),
        .. from host in new[] { "slave", "backup" }
           from place in new[] { Stream, "dbname=postgres" }
           select new Attempt(host, Superuser, place, IsLetIn: false),
    ];

    [Theory]
    [InlineData(11)]
    [InlineData(15)]
    [InlineData(18)]
    public async Task A_role_comes_in_from_its_host_encrypted_and_from_nowhere_else(int major)
    {
        await using var lab = await HostLab.ProtectedAsync(major);
        await lab.AddStrangerAsync();
        var wrong = new List<string>();
        foreach (var attempt in Attempts)
        {
            var answer = await AttemptAsync(lab, attempt);
            var isRight = attempt.IsLetIn
                ? answer.ExitCode == 0
                : answer.ExitCode != 0 && answer.Error.Contains("no pg_hba.conf entry", StringComparison.Ordinal);
            if (!isRight)
                wrong.Add($"{attempt}: {answer.Output}{answer.Error}");
        }

        Assert.Empty(wrong);
        await RequireClosedSocketAsync(lab);
        await RequireListenersAsync(lab);
        // As howdah-servers.service runs it.
        var down = await lab.TryShellAsync("master", $"{HowdahBinary.Path} down --quiet");
        Assert.True(down.ExitCode == 0, down.Everything);
        Assert.False(File.Exists(Path.Combine(lab.DataOf("master"), "postmaster.pid")));
    }

    private static async Task<CommandResult> AttemptAsync(HostLab lab, Attempt attempt)
    {
        var password = attempt.Role == Superuser ? "any" : (await File.ReadAllTextAsync(
            Path.Combine(lab.PathsOf("master").SecretsDirectory, $"{attempt.Role}.password"))).Trim();
        var encryption = attempt.Place.Contains("sslmode", StringComparison.Ordinal) ? "" : " sslmode=require";
        var place = $"host={HostLab.AddressOf("master")} user={attempt.Role} connect_timeout=10 {attempt.Place}{encryption}";
        var command = attempt.Place.StartsWith(Stream, StringComparison.Ordinal) ? "IDENTIFY_SYSTEM" : "select 1";
        var script = $"PGPASSWORD='{password}' {TestInstallation.Psql} -XAtw '{place}' -c '{command}'";
        return await (attempt.From == HostLab.Stranger ? lab.TryStrangerShellAsync(script) : lab.TryRootShellAsync(attempt.From, script));
    }

    /// <summary>The superuser's way in is no way for other users of the host, and the server's user has no other.</summary>
    private static async Task RequireClosedSocketAsync(HostLab lab)
    {
        const string select = $"{TestInstallation.Psql} -XAtw -c 'select 1' ";
        var other = await lab.TryRootShellAsync(
            "master", $"setpriv --reuid=nobody --regid=nogroup --clear-groups {select} 'host=/var/run/postgresql user={Superuser}'");
        Assert.Contains("Permission denied", other.Error, StringComparison.Ordinal);
        foreach (var role in new[] { Replication, Backup })
        {
            var refused = await lab.TryShellAsync("master", $"{select} 'host=/var/run/postgresql user={role} dbname=postgres'");
            Assert.Contains("no pg_hba.conf entry", refused.Error, StringComparison.Ordinal);
        }
    }

    /// <summary>On each host its own address, and nothing else.</summary>
    private static async Task RequireListenersAsync(HostLab lab)
    {
        foreach (var host in HostLab.Hosts)
        {
            var listeners = await lab.TryRootShellAsync(host, "ss -Hltn | awk '{print $4}' | sort");
            var address = HostLab.AddressOf(host);
            Assert.Equal(host == "backup" ? $"{address}:7420\n" : $"{address}:5432\n{address}:7420\n", listeners.Output);
        }
    }

    private sealed record Attempt(string From, string Role, string Place, bool IsLetIn);
}
