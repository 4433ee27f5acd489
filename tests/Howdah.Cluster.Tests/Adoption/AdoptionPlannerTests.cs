using Howdah.Cluster.Adoption;
using Howdah.Cluster.Configuration;
using Howdah.Cluster.Rendering;

namespace Howdah.Cluster.Tests.Adoption;

public sealed class AdoptionPlannerTests
{
    private const string AppLine = "host all app 10.0.0.0/8 scram-sha-256";

    [Fact]
    public void A_users_settings_and_lines_are_kept_and_Howdahs_are_told()
    {
        var model = FoundScene.Model();
        var plan = FoundScene.Plan(
            model, FoundScene.Primary(model, "local all postgres peer", AppLine).With("work_mem", "7MB").With("fsync", "off", "bool")
                .With("archive_command", "true").With("restore_command", "cp x y").With("lc_messages", "de_DE.UTF-8"));
        Assert.Empty(plan.Problems);
        Assert.Equal(["work_mem"], plan.Additions.Settings.Select(setting => setting.Key));
        Assert.Equal([AppLine], plan.Additions.HbaLines);
        var node = plan.Nodes.Single();
        Assert.Equal(NodeRole.Primary, node.Role);
        Assert.Equal(SettingMoment.Reload, node.Changes.Single(change => change.Name == "fsync").Moment);
        Assert.Equal(SettingMoment.NextRestart, node.Changes.Single(change => change.Name == "listen_addresses").Moment);
        Assert.Equal(["archive_command"], node.Stays.Select(setting => setting.Name));
        Assert.Equal(["restore_command"], node.Removed.Select(setting => setting.Name));
        Assert.Equal(["role howdah_replication", "role howdah_backup", "slot two", "slot barman"], plan.ToMake);
    }

    [Fact]
    public void What_the_cluster_file_says_already_is_not_added_again()
    {
        var model = FoundScene.Model($"[settings]\nwork_mem = \"9MB\"\n[hba]\nlines = [\"host  all app 10.0.0.0/8   scram-sha-256\"]");
        var plan = FoundScene.Plan(model, FoundScene.Primary(model, AppLine).With("work_mem", "7MB"));
        Assert.True(plan.Additions.IsEmpty);
        Assert.Null(plan.ClusterFile);
        Assert.Equal("9MB", plan.Nodes[0].Changes.Single(change => change.Name == "work_mem").To);
    }

    [Fact]
    public void A_standby_keeps_the_slot_that_it_streams_through_and_others_are_left_alone()
    {
        var model = FoundScene.Model();
        var primary = FoundScene.Primary(model).Followed();
        primary = primary with
        {
            Slots = [.. primary.Slots, new FoundSlot("strange", IsPhysical: true, null)],
            Followers = [.. primary.Followers, new FoundFollower("pg_receivewal", "10.0.0.9", 78)],
        };
        var plan = FoundScene.Plan(model, primary, FoundScene.Standby(model));
        Assert.Empty(plan.Problems);
        Assert.Equal("feeds_two", plan.Additions.Slots["two"]);
        Assert.Equal(2, plan.LeftAlone.Count);
        Assert.DoesNotContain("slot two", plan.ToMake);
        Assert.Equal(NodeRole.Standby, plan.Nodes[1].Role);
    }

    [Fact]
    public void Everybody_who_streams_keeps_a_seat()
    {
        var model = FoundScene.Model();
        var primary = FoundScene.Primary(model) with
        {
            Followers = [.. Enumerable.Range(1, 9).Select(number => new FoundFollower($"other{number}", "10.0.0.9", number))],
        };
        Assert.Equal("14", FoundScene.Plan(model, primary).Additions.Settings.Single(setting => setting.Key == "max_wal_senders").Value);
    }

    [Theory]
    [InlineData("trust", "host all app 10.0.0.0/8 trust", "host all app 10.0.0.0/8 scram-sha-256")]
    [InlineData("pg_hba.conf", "local all app trust", "local all app scram-sha-256")]
    [InlineData("names another file", "host all @team 10.0.0.0/8 scram-sha-256", "write its names on the line")]
    [InlineData("the passwords of old", "host all all 10.0.0.0/8 md5", "host all all 10.0.0.0/8 scram-sha-256")]
    public void A_line_that_a_cluster_file_may_not_have_is_a_reason_to_refuse_until_a_person_leaves_it_out(
        string said, string line, string instead)
    {
        var model = FoundScene.Model();
        var server = FoundScene.Primary(model, line) with { Roles = [new FoundRole("old", false, HasOldPassword: true, false)] };
        var problem = FoundScene.Plan(model, server).Problems.Single();
        Assert.Contains(said, problem.Message, StringComparison.Ordinal);
        Assert.Contains(instead, problem.Hint, StringComparison.Ordinal);
        var without = FoundScene.Plan(model, new AdoptionOptions { LeavesOutRefusedLines = true }, server);
        Assert.Empty(without.Problems);
        Assert.Empty(without.Additions.HbaLines);
        Assert.Null(without.Nodes[0].HbaRemarks.Single().Instead);
    }

    [Fact]
    public void Md5_becomes_SCRAM_where_all_passwords_are_stored_for_it()
    {
        var model = FoundScene.Model();
        var server = FoundScene.Primary(model, "host all app 10.0.0.0/8 md5", "local all app ident") with
        {
            Roles = [new FoundRole("old", false, HasOldPassword: true, false)],
        };
        var plan = FoundScene.Plan(model, server);
        Assert.Empty(plan.Problems);
        Assert.Equal([AppLine, "local all app peer"], plan.Additions.HbaLines);
    }

    [Fact]
    public void All_that_does_not_fit_is_told_at_once()
    {
        var model = FoundScene.Model("[users]\nreplication = \"boss\"");
        var primary = FoundScene.Primary(model) with
        {
            Roles = [new FoundRole("boss", IsSuperuser: true, false, false)],
            Slots = [new FoundSlot("feed", IsPhysical: false, null), new FoundSlot("two", IsPhysical: false, null)],
            FileErrors = ["postgresql.conf line 3: wrong"],
            Tablespaces = [new(17, "inside", "/srv/one/inside")],
        };
        var second = FoundScene.Standby(model) with { Receiver = null, System = new(8) };
        var said = FoundScene.Plan(model, primary, second).Problems.Select(problem => problem.Message).ToList();
        Assert.Equal(7, said.Count);
        foreach (var words in new[]
        {
            "role boss", "logical slot feed", "slot two is a logical one", "line 3", "tablespace inside", "database system 8",
            "does not stream",
        })
            Assert.Contains(said, message => message.Contains(words, StringComparison.Ordinal));
    }

    [Fact]
    public void A_standby_follows_the_primary_of_the_cluster_file_or_is_refused()
    {
        var model = FoundScene.Model();
        var astray = FoundScene.Standby(model) with { Receiver = new FoundReceiver("10.0.0.7", 5432, "elsewhere") };
        var problem = FoundScene.Plan(model, FoundScene.Primary(model), astray).Problems.Single();
        Assert.Equal("two", problem.Subject);
        Assert.Contains("follows 10.0.0.7:5432", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_connection_string_is_never_shown()
    {
        var model = FoundScene.Model();
        const string conninfo = "host=127.0.0.1 password=hidden";
        var plan = FoundScene.Plan(
            model, FoundScene.Primary(model).Followed().With("primary_conninfo", conninfo),
            FoundScene.Standby(model).With("primary_conninfo", conninfo));
        Assert.Empty(plan.Problems);
        var shown = plan.Nodes.SelectMany(node => node.Changes.Select(change => change.From + change.To)
            .Concat(node.Removed.Select(setting => setting.Value)).Concat(node.Stays.Select(setting => setting.Value)));
        Assert.DoesNotContain(shown, text => text.Contains("hidden", StringComparison.Ordinal));
    }

    [Fact]
    public void Files_outside_of_the_data_directory_are_linked_into_it_the_main_one_last()
    {
        var model = FoundScene.Model();
        var server = FoundScene.Primary(model);
        server = server with
        {
            Files = server.Files with
            {
                Main = new FoundFile("/etc/one/postgresql.conf", "") { IsOutside = true },
                Hba = new FoundFile("/etc/one/pg_hba.conf", "# theirs\n") { IsOutside = true },
                StartConf = "# by hand\nauto\n",
                AutoConf = "work_mem = 8MB\n",
            },
        };
        var actions = FoundScene.Plan(model, server).Nodes[0].Actions;
        Assert.Contains("work_mem = 8MB", Content("/srv/one/postgresql.conf"), StringComparison.Ordinal);
        Assert.Equal("# theirs\n", Content("/srv/one/pg_hba.conf"));
        Assert.EndsWith("disabled\n", Content("/etc/one/start.conf"), StringComparison.Ordinal);
        var order = actions.Where(action => action.Kind != FileActionKind.Keep).Select(action => action.Path).ToList();
        Assert.True(order.IndexOf("/etc/one/start.conf") < order.IndexOf("/etc/one/postgresql.conf"));
        Assert.True(order.IndexOf("/srv/one/postgresql.conf") < order.IndexOf("/etc/one/postgresql.conf"));
        Assert.True(order.IndexOf("/srv/one/postgresql.conf") < order.IndexOf("/srv/one/postgresql.auto.conf"));

        string Content(string path) => actions.Single(action => action.Path == path && action.Kind == FileActionKind.Write).Content;
    }

    [Theory]
    [InlineData("bool", null, "on", "yes", true)]
    [InlineData("bool", null, "on", "off", false)]
    [InlineData("integer", "8kB", "128MB", "16384", true)]
    [InlineData("integer", "MB", "1GB", "1024", true)]
    [InlineData("integer", "ms", "1min", "60s", true)]
    [InlineData("integer", "kB", "7MB", "7GB", false)]
    [InlineData("integer", null, "-1", "-1", true)]
    [InlineData("string", null, "a,b", "a, b", true)]
    [InlineData("string", null, "A", "a", false)]
    public void Spellings_of_one_value_are_the_same(string type, string? unit, string one, string other, bool same) =>
        Assert.Equal(same, new SettingKind(type, unit).AreSame(one, other));
}
