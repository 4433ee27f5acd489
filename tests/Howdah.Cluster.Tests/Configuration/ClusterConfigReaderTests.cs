using CsCheck;
using Howdah.Cluster.Configuration;

namespace Howdah.Cluster.Tests.Configuration;

public sealed class ClusterConfigReaderTests
{
    private static readonly ConfigDefaults Defaults = new() { ClusterRoot = "/var/lib/howdah" };

    [Fact]
    public void Four_lines_are_a_cluster()
    {
        var model = Accept(
            """
            cluster.name = "demo"
            cluster.postgresql = 17
            nodes = [{ name = "db1", address = "10.0.0.1" }, { name = "db-2.west", address = "10.0.0.2" }]
            backup.address = "10.0.0.3"
            """
        );

        Assert.Equal("/var/lib/howdah/demo", model.Directory);
        Assert.Equal("db1", model.InitialPrimary.Name);
        Assert.Equal(5432, model.Nodes[1].Port);
        Assert.Equal("db-2.west", model.Nodes[1].ApplicationName);
        Assert.Equal("db_2_west", model.Nodes[1].SlotName);
        Assert.Equal("/var/lib/howdah/demo/nodes/db1/data", model.InitialPrimary.DataDirectory);
        Assert.Equal(("backup", "barman_receive_wal", "barman"), (model.Backup.Name, model.Backup.ApplicationName, model.Backup.SlotName));
        Assert.Equal("/var/lib/howdah/demo/repository", model.Backup.RepositoryDirectory);
        Assert.Equal(
            ("howdah_replication", "howdah_backup", "postgres"),
            (model.Users.Replication, model.Users.Backup, model.Users.Superuser)
        );
        Assert.Equal(SynchronousMode.Off, model.Synchronous);
        Assert.False(model.IsOnOneMachine);
    }

    [Fact]
    public void The_lab_file_reads_as_the_seed_task_wants_it()
    {
        var model = Accept(File.ReadAllText(RepositoryRoot.PathOf("deploy/lab/howdah.toml")));

        Assert.Equal("master.local", model.Name);
        Assert.True(model.IsOnOneMachine);
        Assert.Equal(["walreceiver", "barman_receive_wal"], [model.Nodes[1].ApplicationName, model.Backup.ApplicationName]);
        Assert.Equal("streaming_barman", model.Users.Replication);
        Assert.Equal("barman", model.Backup.SlotName);
        Assert.Equal("slave", model.Nodes[1].SlotName);
    }

    [Fact]
    public void Twenty_five_errors_in_one_file_are_all_reported_with_their_places()
    {
        var problems = Refuse(File.ReadAllText(RepositoryRoot.PathOf("tests/Howdah.Cluster.Tests/Configuration/twenty-errors.toml")));

        GoldenFile.AssertEqual("tests/Howdah.Cluster.Tests/Configuration/twenty-errors.golden", Listing(problems));
        Assert.True(problems.Count >= 25, $"{problems.Count} problems");
        Assert.All(problems, problem => Assert.True(problem is { Line: > 0, Column: > 0 }, problem.Message));
    }

    [Theory]
    [InlineData("nmae = \"x\"", "unknown key nmae in [cluster]", "did you mean name?")]
    [InlineData("version = 15", "unknown key version in [cluster]", "did you mean postgresql?")]
    [InlineData(
        "password = \"x\"",
        "unknown key password in [cluster]",
        "the cluster file holds no passwords: Howdah makes them and keeps them under secrets/"
    )]
    [InlineData("rate_limit = \"1MB\"", "unknown key rate_limit in [cluster]", "it belongs in [backup]")]
    [InlineData("synchronous = \"al\"", "synchronous: 'al' is none of \"off\", \"any\", \"all\"", "did you mean \"all\"?")]
    [InlineData("directory = \"lab\"", "directory: 'lab' is not absolute", "start it with '/': /lab")]
    [InlineData("slot_wal_budget = 10", "slot_wal_budget is no size", "a number with a unit in quotes, as in \"64MiB\" or \"10GB\"")]
    [InlineData("slot_wal_budget = \"1MB\"", "slot_wal_budget is 1MiB, but has to be at least 64MiB", null)]
    public void A_mistake_in_a_section_is_named_with_what_would_be_right(string line, string message, string? suggestion)
    {
        var problem = Assert.Single(Refuse(WithLine(line)));

        Assert.Equal((message, suggestion), (problem.Message, problem.Suggestion));
        Assert.Equal(4, problem.Line);
    }

    [Theory]
    [InlineData("fsync = \"off\"", "fsync is Howdah's own setting")]
    [InlineData("wal_level = \"minimal\"", "wal_level is Howdah's own setting")]
    [InlineData("Port = 1", "Port is Howdah's own setting")]
    [InlineData("max_wal_senders = 2", "max_wal_senders is 2, but replication and backup need at least 4 here")]
    [InlineData("summarize_wal = true", "PostgreSQL 15 has no setting summarize_wal")]
    [InlineData("\"sha red\" = 1", "'sha red' cannot be the name of a setting")]
    [InlineData("work_mem = [1]", "work_mem is a list, but has to be a string, a number or a truth value")]
    public void A_setting_that_cannot_be_is_refused(string line, string message)
    {
        var problem = Assert.Single(Refuse(Minimal + "[settings]\n" + line));

        Assert.Equal(message, problem.Message);
    }

    [Fact]
    public void Settings_keep_their_order_and_become_text()
    {
        var model = Accept(
            Minimal
                + "[settings]\nwork_mem = \"8MB\"\nmax_connections = 50\njit = false\nrandom_page_cost = 1.1\n"
                + "pg_stat_statements.max = 500\n"
        );

        Assert.Equal<string[]>(
            ["work_mem=8MB", "max_connections=50", "jit=off", "random_page_cost=1.1", "pg_stat_statements.max=500"],
            [.. model.ExtraSettings.Select(setting => $"{setting.Key}={setting.Value}")]
        );
    }

    [Theory]
    [InlineData("host all app 10.0.0.0/8 scram-sha-256", null)]
    [InlineData("local all all peer", null)]
    [InlineData("hostssl app,app2 \"Some User\" db.example.org cert clientcert=verify-full", null)]
    [InlineData("host all all 10.0.0.1 255.255.255.255 scram-sha-256", null)]
    [InlineData("host all all ::1/128 scram-sha-256 # comment", null)]
    [InlineData("host all all 10.0.0.0/8 trust", "method trust lets anybody in without a password")]
    [InlineData("host all all 10.0.0.0/8 md5", "method md5 can be overheard or forged")]
    [InlineData("host all all 10.0.0.0/8 scram", "'scram' is no method")]
    [InlineData("hots all all 10.0.0.0/8 scram-sha-256", "'hots' is no connection type")]
    [InlineData("host all all 10.0.0.0/33 scram-sha-256", "'10.0.0.0/33' has no valid prefix length")]
    [InlineData("host all all 10.0.0.256/8 scram-sha-256", "'10.0.0.256/8' is no address")]
    [InlineData("host all all 10.0.0.1 scram-sha-256", "address 10.0.0.1 has no mask")]
    [InlineData("host all all 10.0.0.0/8 peer", "method peer works for local connections only")]
    [InlineData("host all all", "a host line has 3 fields, but needs type, database, user, address and method")]
    [InlineData("host all \"all 10.0.0.0/8 scram-sha-256", "a quote in the line for pg_hba.conf is not closed")]
    [InlineData("", "a line for pg_hba.conf is empty")]
    public void A_line_for_pg_hba_is_checked(string line, string? message)
    {
        var result = Read(Minimal + $"[hba]\nlines = ['{line}']\n");

        Assert.Equal(message, result.Problems.SingleOrDefault()?.Message);
    }

    [Fact]
    public void Slot_names_that_collide_after_mapping_are_told()
    {
        var problems = Refuse(
            """
            cluster = { name = "demo", postgresql = 15 }
            nodes = [{ name = "db-1", address = "10.0.0.1" },
              { name = "db.1", address = "10.0.0.2" }]
            backup.address = "10.0.0.3"
            """
        );

        var problem = Assert.Single(problems);
        Assert.Equal((3, 3), (problem.Line, problem.Column));
        Assert.Equal("db.1 has the slot db_1, as db-1 in line 2 ('-', '.' and capitals are not possible in slot names)", problem.Message);
    }

    [Fact]
    public void Two_hosts_may_have_their_data_in_the_same_directory()
    {
        var model = Accept(WithDataIn("10.0.0.1", "10.0.0.2", "10.0.0.3"));
        Assert.Equal(model.Nodes[0].DataDirectory, model.Nodes[1].DataDirectory);
    }

    [Theory]
    [InlineData("10.0.0.1", "10.0.0.1", "10.0.0.3", "the data directories of one and two lie in each other: /srv/data")]
    [InlineData("127.0.0.1", "127.0.0.2", "127.0.0.3", "the data directories of one and two lie in each other: /srv/data")]
    [InlineData("10.0.0.1", "10.0.0.2", "10.0.0.2", "the repository and the data of two lie in each other")]
    public void One_machine_has_one_such_directory(string first, string second, string backup, string message) =>
        Assert.Contains(Refuse(WithDataIn(first, second, backup)), problem => problem.Message == message);

    private static string WithDataIn(string first, string second, string backup) => $$"""
        cluster = { name = "demo", postgresql = 15 }
        nodes = [{ name = "one", address = "{{first}}", data_directory = "/srv/data" },
          { name = "two", address = "{{second}}", port = 5433, data_directory = "/srv/data" }]
        backup = { address = "{{backup}}", repository = "/srv/data/repository" }
        """;

    [Fact]
    public void A_loopback_address_among_others_is_told()
    {
        var problem = Assert.Single(Refuse(Minimal.Replace("10.0.0.3", "127.0.0.3", StringComparison.Ordinal)));

        Assert.Equal("backup has the loopback address 127.0.0.3, but others of the cluster are on other hosts", problem.Message);
    }

    [Fact]
    public void A_directory_too_deep_for_a_socket_is_told()
    {
        var problem = Assert.Single(Refuse(WithLine($"directory = \"/{new string('d', 100)}\"")));

        Assert.Contains("107 are possible", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_is_called_missing_while_the_text_cannot_be_read()
    {
        var problems = Refuse("[cluster\nname = \"x\"\nnodes = ");

        Assert.NotEmpty(problems);
        Assert.DoesNotContain(problems, problem => problem.Message.Contains("there is no section", StringComparison.Ordinal));
    }

    [Fact]
    public void An_empty_file_is_told_what_it_needs()
    {
        var problems = Refuse("");

        Assert.Equal<string[]>(
            ["there is no section [cluster]", "there are no nodes", "there is no section [backup]"],
            [.. problems.Select(problem => problem.Message)]
        );
    }

    [Fact]
    public void Effective_values_say_which_line_they_came_from()
    {
        var effective = Read(Minimal).Effective;

        Assert.Equal(new EffectiveValue("cluster.postgresql", "15", 3), effective.Single(value => value.Path == "cluster.postgresql"));
        Assert.Equal(new EffectiveValue("nodes[0].port", "5432", null), effective.Single(value => value.Path == "nodes[0].port"));
    }

    [Theory]
    [InlineData("[cluster\nname = \"x\"\n", 1, "the header has no closing ]", null)]
    [InlineData("[[nodes]\nname = \"a\"\n", 1, "the header has no closing ]]", "[[nodes]]")]
    [InlineData("[cluster]\nname = x\n", 2, "x is no value", "text stands in quotes: \"x\"")]
    [InlineData("[backup]\naddress = 10.0.0.1\n", 2, "10.0.0.1 is no value", "text stands in quotes: \"10.0.0.1\"")]
    [InlineData("[cluster]\nname = \"x\npostgresql = 15\n", 2, "no closing quote", null)]
    [InlineData("[cluster]\nname = 'x\n", 2, "no closing quote", null)]
    [InlineData("[cluster]\nname = \"\"\"x\n", 2, "triple quotes has no end", null)]
    [InlineData("cluster:\n", 1, "there is no = after the key", "key = value")]
    [InlineData("[cluster]\nname = \n", 2, "there is no value after the =", null)]
    [InlineData("[cluster]\nname = \"x\" \"y\"\n", 2, "nothing can follow here: \"y\"", null)]
    [InlineData("[hba]\nlines = [ \"local all all peer\"\n", 3, "the list that began before has no closing ]", null)]
    [InlineData("[cluster]\nname = \"a\\q\"\n", 2, "\\q has no meaning in a text", "write \\\\ for a backslash")]
    [InlineData("{\"name\": 1}\n", 1, "a line cannot begin with {", null)]
    public void Text_that_is_no_toml_is_told_in_words_of_people_once_for_each_line(
        string text, int line, string message, string? suggestion)
    {
        var problem = Refuse(text)[0];
        Assert.Equal(line, problem.Line);
        Assert.Contains(message, problem.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("token", problem.Message, StringComparison.Ordinal);
        if (suggestion is not null)
            Assert.Contains(suggestion, problem.Suggestion, StringComparison.Ordinal);
        Assert.Single(Refuse(text), other => other.Line == line);
    }

    [Fact]
    public void A_backup_host_with_one_wrong_key_is_still_compared_with_the_nodes()
    {
        var text = Minimal.Replace("address = \"10.0.0.3\"", "address = \"10.0.0.300\"\nname = \"db1\"", StringComparison.Ordinal);
        var messages = Refuse(text).Select(problem => problem.Message).ToList();
        Assert.Contains(messages, message => message.Contains("10.0.0.300", StringComparison.Ordinal));
        Assert.Contains(messages, message => message.Contains("the backup host is called db1", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("any", "off", true)]
    [InlineData("all", "local", true)]
    [InlineData("any", "remote_apply", false)]
    [InlineData("off", "off", false)]
    public void Commits_that_wait_for_nobody_contradict_a_promise_that_they_do(string synchronous, string commit, bool refused)
    {
        var text = WithLine($"synchronous = \"{synchronous}\"") + $"[settings]\nsynchronous_commit = \"{commit}\"\n";
        Assert.Equal(refused, Read(text).Problems.Any(problem => problem.Message.Contains("waits for no other", StringComparison.Ordinal)));
    }

    [Fact]
    public void Any_text_is_answered_with_problems_or_a_model_and_never_an_exception() =>
        Gen.String.Sample(text =>
        {
            var result = Read(text);
            Assert.True(result.Model is not null || result.Problems.Count > 0);
        });

    [Fact]
    public void A_file_damaged_anywhere_is_answered_with_problems_or_a_model()
    {
        var lab = File.ReadAllText(RepositoryRoot.PathOf("deploy/lab/howdah.toml"));
        Gen.Select(Gen.Int[0, lab.Length - 1], Gen.Int[0, 40], Gen.Int[0, Damage.Length - 1])
            .Sample(
                (at, cut, damage) =>
                {
                    var damaged = lab.Remove(at, Math.Min(cut, lab.Length - at)).Insert(at, Damage[damage]);
                    var result = Read(damaged);
                    Assert.True(result.Model is not null || result.Problems.Count > 0);
                },
                iter: 3000
            );
    }

    private static readonly string[] Damage = ["", "\"", "[", "]]", "=", "\n", "{", "'''", "\0", "😀", "1e999"];

    private const string Minimal =
        "[cluster]\nname = \"demo\"\npostgresql = 15\n[[nodes]]\nname = \"db1\"\naddress = \"10.0.0.1\"\n"
        + "[backup]\naddress = \"10.0.0.3\"\n";

    private static string WithLine(string line) => Minimal.Replace("[[nodes]]", line + "\n[[nodes]]", StringComparison.Ordinal);

    private static ClusterConfigResult Read(string text) => ClusterConfigReader.Read(text, "howdah.toml", Defaults);

    private static ClusterModel Accept(string text)
    {
        var result = Read(text);
        Assert.True(result.Problems.Count == 0, Listing(result.Problems));
        return result.Model!;
    }

    private static IReadOnlyList<ConfigProblem> Refuse(string text)
    {
        var result = Read(text);
        Assert.Null(result.Model);
        return result.Problems;
    }

    private static string Listing(IEnumerable<ConfigProblem> problems) =>
        string.Concat(
            problems.Select(problem =>
                $"{problem.Line}:{problem.Column}: {problem.Message}{(problem.Suggestion is null ? "" : $" ({problem.Suggestion})")}\n"
            )
        );
}
