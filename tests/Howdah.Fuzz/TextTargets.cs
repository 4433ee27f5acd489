using System.Text;
using Howdah.Cluster.Configuration;
using Howdah.Core.Units;
using Howdah.Core.Wal;
using Howdah.Postgres.ConnectionStrings;
using Howdah.Postgres.DataDirectory;
using Howdah.Postgres.Server;
using Howdah.Postgres.Settings;
using Howdah.Postgres.Sql;
using Howdah.Postgres.Versions;
using Howdah.Postgres.Wire;

namespace Howdah.Fuzz;

/// <summary>What people and PostgreSQL write as text.</summary>
internal static class TextTargets
{
    public static IEnumerable<FuzzTarget> All =>
    [
        Of("conf", text => PostgresConf.Parse(text, "postgresql.conf"),
            "# comment\nport = 5432 # more\nlisten_addresses = 'a''b\\n'\ninclude_dir 'conf.d'\nwork_mem=4MB\n"),
        Of("hba", text => PgHba.Parse(text, "pg_hba.conf", PostgresVersion.OfMajor(18)),
            "# TYPE\nlocal all \"all\" peer map=m\nhostssl db1,+grp @file 10.0.0.0/8 scram-sha-256 clientcert=verify-full\n"
            + "host all all fe80::1 ffff:: md5\nhost all all 10.0.10.2 255.255.255.255 reject\n"),
        Of("conninfo", text => ConnectionStringParser.Parse(text, ConnectionDefaults.Empty),
            "host=a,b port=1,2 user='x y' password='\\'' dbname=d sslmode=verify-full",
            "postgresql://u:p%20w@h1:1,[::1]:2/d?target_session_attrs=read-write&connect_timeout=5"),
        Of("service", text => ServiceFile.Read(text, "pg_service.conf", "one"), "# x\n[one]\nhost=a\nport=5433\n[two]\nuser=b\n"),
        Of("passfile", FindPassword, "# x\nh:5432:replication:u:p\\:q\\\\\n*:*:*:*:any\r\n", "h:5432:d:u:\u0085x\n"),
        Of("server-version", Versions, "15.18 (Debian 15.18-0+deb12u1)", "18beta2", "postgres (PostgreSQL) 17.10")
            with { HasNamedParts = true },
        Of("scram-verifier", text => ScramVerifier.Matches(text, new Secret("p")), ScramVerifier.Create(new Secret("p"))),
        Of("sql-row", ReadRow, """{ "a": "\ud800" }""",
            """{ "a": "x", "n": 1.5, "lsn": "0/1", "t": "2026-11-23T09:14:00+00:00", "b": true, "no": null }"""),
        Of("relation-path", text => _ = RelationFileName.TryParsePath(text, out _), "base/5/16384_fsm.7",
            "pg_tblspc/16388/PG_15_202209061/5/1249"),
        Of("history", text => TimelineHistory.Parse(new TimelineId(4), text),
            "1\t0/3000000\tno recovery target specified\n2\t0/5000060\tbefore 2026-11-23 09:14:00+00\n\n3\t1/0\tx\n"),
        Of("postmaster-pid", text => PostmasterFile.Parse(text), "4711\n/srv/data\n1764000000\n5432\n/run\n127.0.0.1\n 123 456\nready   \n"),
        Of("names", Names, "000000010000000A000000FF", "00000002.history", "000000010000000000000001.partial",
            "000000010000000000000003.00000028.backup", "FFFFFFFF/FFFFFFFF", "16MB"),
        Of("howdah-toml", text => ClusterConfigReader.Read(text, "howdah.toml", new ConfigDefaults { ClusterRoot = "/srv" }),
            File.ReadAllText(RepositoryRoot.PathOf("deploy/lab/howdah.toml")),
            File.ReadAllText(RepositoryRoot.PathOf("tests/Howdah.Cluster.Tests/Configuration/twenty-errors.toml"))),
    ];

    private static void Names(string text)
    {
        _ = WalFileName.Classify(text);
        _ = WalFileName.TryParseTimeline(text, out _);
        _ = WalSegment.TryParse(text, WalSegmentSize.Default, out _);
        _ = Lsn.TryParse(text, out _);
        _ = ByteSize.TryParse(text, out _);
    }

    /// <summary>What is found, is found again in a line that is written of it.</summary>
    private static void FindPassword(string text)
    {
        var key = new PassFileKey("h", 5432, "replication", "u");
        if (PassFile.FindLine(text, key) is not { } found || found.Reveal().AsSpan().IndexOfAny('\r', '\0') >= 0)
            return;
        if (PassFile.FindLine(PassFile.RenderLine(key, found), key)?.Reveal() != found.Reveal())
            throw new InvalidDataException("the password is another one when it is written and read again");
    }

    private static void Versions(string text)
    {
        _ = PostgresInstallations.TryParseVersion(text, out _);
        _ = ServerVersionText.Parse(text);
    }

    private static void ReadRow(string text)
    {
        var row = SqlRow.Parse(text);
        _ = (row.Text("a"), row.Text("no"), row.Number("n"), row.Integer("n"), row.Lsn("lsn"), row.Time("t"), row.Boolean("b"));
    }

    private static FuzzTarget Of(string name, Action<string> parse, params string[] examples) =>
        new(name, [.. examples.Select(Encoding.UTF8.GetBytes)], bytes => parse(Encoding.UTF8.GetString(bytes)));
}
