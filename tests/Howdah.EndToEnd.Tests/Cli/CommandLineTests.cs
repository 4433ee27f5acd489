using System.Text.Json;

namespace Howdah.EndToEnd.Tests.Cli;

public sealed class CommandLineTests
{
    private static readonly string Lab = RepositoryRoot.PathOf("deploy/lab/howdah.toml");

    [Theory]
    [InlineData("howdah knows no command 'confg'", "did you mean config? See howdah --help", "confg")]
    [InlineData("howdah config knows no command 'chek'", "did you mean check? See howdah config --help", "config", "chek")]
    [InlineData("howdah render knows no option '--nodee'", "did you mean --node? See howdah render --help", "render", "--nodee", "x")]
    [InlineData("howdah config needs a command: check, show, schema", "see howdah config --help", "config")]
    [InlineData("required argument missing for option: '--node'", "see howdah render --help", "render", "--node")]
    [InlineData("'abc' is no whole number, which --port takes", "see howdah restore --help", "restore", "--port", "abc")]
    public void A_wrong_command_line_is_one_clear_line_and_a_hint(string message, string hint, params string[] args)
    {
        var result = CommandRun.Of(args);

        Assert.Equal((2, ""), (result.ExitCode, result.Out));
        Assert.Equal($"howdah: error [104] usage-invalid: {message}\nhint: {hint}\n", result.Error);
    }

    [Theory]
    [InlineData(
        "recovery has one target, and --target-time, --target-lsn name several", "--target-time", "2026-11-23", "--target-lsn", "0/1")]
    [InlineData(
        "--as-standby follows the primary without end, which leaves nothing for --target-name, --target-action",
        "--as-standby", "--target-name", "a", "--target-action", "promote")]
    [InlineData(
        "--target-action is for a target, and none is named: without one the copy is always promoted", "--target-action", "pause")]
    [InlineData(
        "--target-exclusive is for --target-time, --target-lsn or --target-xid, and none of them is named; --to has an empty value",
        "--to", "", "--target-exclusive", "--target-immediate")]
    [InlineData("--target-name has an empty value", "--target-name", "")]
    [InlineData("--slot is for a standby: give --as-standby, too", "--slot", "copy")]
    [InlineData(
        "--slot 'Copy-1': a slot name may hold only lower case letters, digits and '_'", "--as-standby", "--slot", "Copy-1")]
    [InlineData("the snapshot's name is empty", "")]
    public void Options_of_restore_that_contradict_each_other_are_all_told_and_nothing_is_done(string message, params string[] options)
    {
        var result = CommandRun.Of(["restore", "--plan", "--config", "/no/such/file", .. options]);

        Assert.Equal((2, ""), (result.ExitCode, result.Out));
        var told = result.Error.Split('\n')[0];
        Assert.All(message.Split("; "), part => Assert.Contains(part, told, StringComparison.Ordinal));
    }

    [Fact]
    public void Init_refuses_a_directory_that_those_who_join_would_not_know()
    {
        var directory = Directory.CreateTempSubdirectory("howdah-init-").FullName;
        try
        {
            var file = Path.Combine(directory, "howdah.toml");
            File.WriteAllText(
                file,
                """
                [cluster]
                name = "lab"
                postgresql = 15
                directory = "/srv/lab"
                [[nodes]]
                name = "one"
                address = "10.0.10.2"
                [backup]
                name = "backup"
                address = "10.0.10.4"
                """);
            var result = CommandRun.Of("init", "--config", file);

            Assert.Equal(16, result.ExitCode);
            Assert.Contains("line 4: directory is /srv/lab", result.Error, StringComparison.Ordinal);
            Assert.False(Directory.Exists("/srv/lab"));
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public void Results_go_to_standard_output_and_talk_to_standard_error()
    {
        var result = CommandRun.Of("config", "show", "--config", Lab);

        Assert.Equal((0, Lab + "\n"), (result.ExitCode, result.Error));
        Assert.Contains("cluster.name               master.local", result.Out, StringComparison.Ordinal);
        Assert.Equal("", CommandRun.Of("config", "show", "-q", "--config", Lab).Error);
    }

    [Fact]
    public void An_error_with_json_is_an_object_on_standard_error()
    {
        var result = CommandRun.Of("render", "--json", "--config", Lab, "--node", "slav");

        using var json = JsonDocument.Parse(result.Error);
        var error = json.RootElement.GetProperty("error");
        Assert.Equal((17, ""), (result.ExitCode, result.Out));
        Assert.Equal((602, "node-not-found"), (error.GetProperty("code").GetInt32(), error.GetProperty("name").GetString()));
        Assert.Equal("did you mean slave?", error.GetProperty("hint").GetString());
    }

    [Fact]
    public void Render_has_a_section_for_the_backup_host_also_by_its_name_and_without_any_password()
    {
        var all = CommandRun.Of("render", "--config", Lab);
        var only = CommandRun.Of("render", "--config", Lab, "--node", "backup");

        Assert.Equal((0, 0), (all.ExitCode, only.ExitCode));
        Assert.StartsWith("##### backup, backup host, 127.0.10.4\n", only.Out, StringComparison.Ordinal);
        Assert.EndsWith(only.Out, all.Out, StringComparison.Ordinal);
        Assert.Contains(":barman:***\n", only.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("##### backup,", CommandRun.Of("render", "--config", Lab, "--node", "slave").Out, StringComparison.Ordinal);
        using var json = JsonDocument.Parse(CommandRun.Of("render", "--json", "--config", Lab, "--node", "backup").Out);
        Assert.Equal(0, json.RootElement.GetProperty("nodes").GetArrayLength());
        Assert.Equal("backup", json.RootElement.GetProperty("backup").GetProperty("name").GetString());
    }

    [Theory]
    [InlineData("work_mem = \"12XB\"", "work_mem")]
    [InlineData("no_such_setting = 1", "no_such_setting")]
    [InlineData("wal_level = \"minimal\"", "wal_level")]
    public void Config_check_knows_what_postgresql_itself_would_refuse(string setting, string named)
    {
        var directory = Directory.CreateTempSubdirectory("howdah-test-");
        var path = Path.Combine(directory.FullName, "howdah.toml");
        File.WriteAllText(path, File.ReadAllText(Lab) + $"\n[settings]\n{setting}\n");
        try
        {
            var result = CommandRun.Of("config", "check", "--config", path);

            Assert.Equal(10, result.ExitCode);
            Assert.StartsWith($"{path}:{File.ReadAllLines(path).Length}:1: ", result.Out, StringComparison.Ordinal);
            Assert.Contains(named, result.Out, StringComparison.Ordinal);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    [Fact]
    public void Every_command_refuses_a_file_with_problems_and_lists_them_all()
    {
        var path = RepositoryRoot.PathOf("tests/Howdah.Cluster.Tests/Configuration/twenty-errors.toml");

        var result = CommandRun.Of("render", "--config", path);

        Assert.Equal(10, result.ExitCode);
        Assert.StartsWith(
            $"howdah: error [101] configuration-invalid: cluster file {path} has 33 problems\n",
            result.Error,
            StringComparison.Ordinal
        );
        Assert.Contains($"{path}:3:1: unknown key nmae in [cluster]\n    did you mean name?\n", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Config_check_says_what_is_wrong_on_standard_output()
    {
        var result = CommandRun.Of("config", "check", "--config", Lab);
        Assert.Equal((0, $"{Lab}: no problem found, and PostgreSQL 15 accepts the settings\n"), (result.ExitCode, result.Out));

        var wrong = CommandRun.Of(
            "config",
            "check",
            "--json",
            "--config",
            RepositoryRoot.PathOf("tests/Howdah.Cluster.Tests/Configuration/twenty-errors.toml")
        );
        using var json = JsonDocument.Parse(wrong.Out);
        Assert.Equal((10, false), (wrong.ExitCode, json.RootElement.GetProperty("valid").GetBoolean()));
    }

    [Fact]
    public void The_cluster_file_is_looked_for_where_the_manual_says()
    {
        var directory = Directory.CreateTempSubdirectory("howdah-cli-").FullName;
        try
        {
            var here = Path.Combine(directory, "howdah.toml");
            File.Copy(Lab, here);
            var environment = new Dictionary<string, string>(StringComparer.Ordinal);
            Assert.Equal(here + "\n", CommandRun.In(directory, environment, "config", "show").Error);

            environment["HOWDAH_CONFIG"] = Lab;
            Assert.Equal(Lab + "\n", CommandRun.In(directory, environment, "config", "show").Error);
            Assert.Equal(here + "\n", CommandRun.In(directory, environment, "config", "show", "--config", "howdah.toml").Error);

            environment["HOWDAH_CONFIG"] = "/nowhere.toml";
            var missing = CommandRun.In(directory, environment, "config", "show");
            Assert.Equal(10, missing.ExitCode);
            Assert.Contains("there is no cluster file /nowhere.toml, which HOWDAH_CONFIG names", missing.Error, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public void A_restore_command_that_is_wrong_never_looks_like_the_end_of_wal()
    {
        Assert.Equal(253, CommandRun.Of("wal", "fetch", "--bad").ExitCode);
        Assert.Equal(253, CommandRun.Of("-q", "wal", "fetch", "--repository", "/nowhere", "--system", "x", "name", "path").ExitCode);
    }

    [Fact]
    public void Uris_name_all_nodes_and_ask_for_the_primary()
    {
        Assert.Equal(
            "postgresql://127.0.10.2:5432,127.0.10.3:5432/postgres?target_session_attrs=primary\n",
            CommandRun.Of("uri", "--config", Lab).Out
        );
        Assert.Equal("postgresql://app@127.0.10.3:5432/postgres\n", CommandRun.Of("uri", "slave", "--user", "app", "--config", Lab).Out);
    }

    [Fact]
    public void Errors_are_explained_by_number_and_by_name()
    {
        Assert.StartsWith("401  repository-invalid  exit 13", CommandRun.Of("errors", "401").Out, StringComparison.Ordinal);
        Assert.Equal(CommandRun.Of("errors", "401").Out, CommandRun.Of("errors", "repository-invalid").Out);
        Assert.Equal(2, CommandRun.Of("errors", "999").ExitCode);
    }
}
