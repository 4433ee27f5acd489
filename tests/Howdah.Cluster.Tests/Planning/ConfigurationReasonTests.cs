using Howdah.Cluster.Observation;
using Howdah.Cluster.Planning;
using Howdah.Cluster.Rendering;
using Howdah.Postgres.Settings;
using static Howdah.Cluster.Tests.SeenCluster;

namespace Howdah.Cluster.Tests.Planning;

/// <summary>What a plan says of a file before it is written.</summary>
public sealed class ConfigurationReasonTests
{
    private const string File = NodeRendering.SettingsFileName;

    private static NodeRendering Wanted { get; } = Well().Nodes[0].Wanted!;

    private static string Present { get; } = Wanted.Files.First(file => Path.GetFileName(file.Path) == File).Content;

    [Fact]
    public void It_names_each_setting_that_changes_and_the_restart_that_follows()
    {
        var changes = ChangedSettings.Between(
            PostgresConf.Parse(Present, File).Set("max_wal_senders", "5").Remove("fsync").Set("Work_Mem", "7MB").ToString(), Wanted);
        Assert.Equal(
            "not as rendered from the cluster file: fsync = on; max_wal_senders = 10 (it is 5), which takes a restart; "
            + "Work_Mem is not set any more (it is 7MB)",
            Reason([.. changes.Select(change => change with { NeedsRestart = change.Name == "max_wal_senders" })]));
    }

    [Fact]
    public void It_changes_nothing_where_only_remarks_differ_and_a_broken_file_hides_nothing_but_that()
    {
        Assert.Empty(ChangedSettings.Between(Present + "# seen\n", Wanted));
        Assert.Empty(ChangedSettings.Between("nonsense '", Wanted));
        Assert.Equal("not as rendered from the cluster file", Reason([]));
    }

    [Fact]
    public void It_shows_no_connection_string()
    {
        var change = Assert.Single(ChangedSettings.Between(Present + "primary_conninfo = 'password=hunter2'\n", Wanted));
        Assert.DoesNotContain("hunter2", Reason([change]), StringComparison.Ordinal);
    }

    private static string Reason(IReadOnlyList<ChangedSetting> changes) => Planner.Plan(
        Model, Well(master => master with { DifferingFiles = [File], ChangedSettings = changes })).Steps[0].Reason;
}
