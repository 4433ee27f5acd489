using Howdah.Cluster.Configuration;
using Howdah.Cluster.Rendering;
using Howdah.Core.Units;
using Howdah.Postgres.Versions;

namespace Howdah.Cluster.Tests.Rendering;

public sealed class NodeRendererTests
{
    private const string ThreeHosts = """
        cluster = { name = "shop", postgresql = 15, synchronous = "any" }
        nodes = [
          { name = "db1", address = "10.0.10.2" },
          { name = "db-2", address = "10.0.10.3", port = 5433 },
          { name = "db3", address = "fd00::4" }]
        backup.address = "10.0.10.4"
        settings.shared_buffers = "1GB"
        settings.max_wal_senders = 20
        hba.lines = ["hostssl shop app 10.0.0.0/8 scram-sha-256"]
        """;

    [Theory]
    [InlineData(11)]
    [InlineData(13)]
    [InlineData(15)]
    [InlineData(17)]
    [InlineData(18)]
    public void Rendering_of_each_version_is_as_agreed(int major)
    {
        var model = Model(ThreeHosts) with { PostgresMajor = major };
        var options = new RenderOptions { Version = PostgresVersion.OfMajor(major), SlotWalBudget = ByteSize.FromMiB(30_000) };

        var text =
            RenderingText.Of(NodeRenderer.Render(model, model.Nodes[0], NodeRole.Primary, options))
            + RenderingText.Of(NodeRenderer.Render(model, model.Nodes[1], NodeRole.Standby, options))
            + RenderingText.Of(BackupHostRendering.Of(model, model.Nodes[0]));

        GoldenFile.AssertEqual($"tests/Howdah.Cluster.Tests/Rendering/three-hosts-{major}.golden", text);
    }

    [Fact]
    public void Rendering_of_the_lab_is_as_agreed()
    {
        var model = Model(File.ReadAllText(RepositoryRoot.PathOf("deploy/lab/howdah.toml")));
        var options = new RenderOptions { Version = PostgresVersion.OfMajor(15), OsUser = "alice" };

        var text =
            RenderingText.Of(NodeRenderer.Render(model, model.Nodes[0], NodeRole.Primary, options))
            + RenderingText.Of(NodeRenderer.Render(model, model.Nodes[1], NodeRole.Standby, options))
            + RenderingText.Of(BackupHostRendering.Of(model, model.Nodes[0]))
            + RenderingText.PassFileOf(model);

        GoldenFile.AssertEqual("tests/Howdah.Cluster.Tests/Rendering/lab.golden", text);
        GoldenFile.AssertEqual(
            "tests/Howdah.Cluster.Tests/Rendering/lab-barman.golden",
            BarmanConfRendering.Render(model, model.InitialPrimary)
        );
    }

    [Fact]
    public void No_rendered_line_trusts_anybody_and_every_line_has_its_reason()
    {
        var model = Model(ThreeHosts);
        foreach (var major in Enumerable.Range(PostgresVersion.OldestMajor, PostgresVersion.NewestMajor - PostgresVersion.OldestMajor + 1))
        {
            foreach (var role in Enum.GetValues<NodeRole>())
            {
                var rendering = NodeRenderer.Render(
                    model,
                    model.Nodes[1],
                    role,
                    new RenderOptions { Version = PostgresVersion.OfMajor(major) }
                );

                Assert.All(
                    rendering.Files.SelectMany(file => file.Lines),
                    line => Assert.False(string.IsNullOrEmpty(line.Reason), line.Text)
                );
                Assert.DoesNotContain(
                    rendering.Files,
                    file => file.Lines.Any(line => line.Text.EndsWith("trust", StringComparison.Ordinal))
                );
                Assert.All(rendering.Files, file => Assert.Equal(RenderedFile.OwnerOnly, file.Mode));
            }
        }
    }

    /// <summary>What is printed, also outside of files: a line is a reason, or stands below one or below a title that has one.</summary>
    [Theory]
    [InlineData(11)]
    [InlineData(15)]
    public void No_line_is_printed_without_its_reason(int major)
    {
        var model = Model(ThreeHosts) with { PostgresMajor = major };
        var options = new RenderOptions { Version = PostgresVersion.OfMajor(major), OsUser = "alice" };
        var text =
            RenderingText.Of(NodeRenderer.Render(model, model.Nodes[0], NodeRole.Primary, options))
            + RenderingText.Of(NodeRenderer.Render(model, model.Nodes[1], NodeRole.Standby, options))
            + RenderingText.Of(BackupHostRendering.Of(model, model.Nodes[0]))
            + RenderingText.PassFileOf(model);

        var lines = text.Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            if (lines[i].Length == 0 || lines[i].StartsWith('#') || lines[i].StartsWith("--", StringComparison.Ordinal))
                continue;
            if (lines[i].StartsWith("===", StringComparison.Ordinal))
                Assert.False(lines[i].EndsWith(", empty", StringComparison.Ordinal), lines[i]);
            else
                Assert.True(
                    lines[i - 1].StartsWith("# ", StringComparison.Ordinal)
                        || lines[i - 1].StartsWith("-- ", StringComparison.Ordinal)
                        || lines[i - 1].Contains(", at its end: ", StringComparison.Ordinal),
                    lines[i]);
        }
    }

    [Fact]
    public void The_backup_host_has_its_places_its_slot_and_on_several_hosts_its_certificates()
    {
        var model = Model(ThreeHosts);
        var text = RenderingText.Of(BackupHostRendering.Of(model, model.InitialPrimary));

        Assert.StartsWith("##### backup, backup host, 10.0.10.4\n", text, StringComparison.Ordinal);
        string[] named =
        [
            model.Backup.RepositoryDirectory, "slot = barman", "application_name = barman_receive_wal", model.Paths.PassFile,
            model.Paths.Trust.HostPair,
        ];
        Assert.All(named, word => Assert.Contains(word, text, StringComparison.Ordinal));
        var lab = Model(File.ReadAllText(RepositoryRoot.PathOf("deploy/lab/howdah.toml")));
        Assert.DoesNotContain("certificates", RenderingText.Of(BackupHostRendering.Of(lab, lab.InitialPrimary)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_promoted_standby_is_rendered_with_the_slots_of_all_others()
    {
        var model = Model(ThreeHosts);

        var rendering = NodeRenderer.Render(model, model.Nodes[1], NodeRole.Primary, Options);

        Assert.Equal<string[]>(["db1", "db3", "barman"], [.. rendering.Slots.Select(slot => slot.Name)]);
        Assert.Equal(
            "ANY 1 (\"db1\", \"db3\", \"barman_receive_wal\")",
            rendering.Settings.Single(setting => setting.Name == "synchronous_standby_names").Value
        );
    }

    [Fact]
    public void A_standby_follows_the_node_that_is_primary_now()
    {
        var model = Model(ThreeHosts);

        var rendering = NodeRenderer.Render(
            model,
            model.Nodes[0],
            NodeRole.Standby,
            Options with
            {
                Primary = model.Nodes[1],
                FetchWalCommand = "howdah wal fetch %f %p",
            }
        );

        var conninfo = rendering.Settings.Single(setting => setting.Name == "primary_conninfo").Value;
        Assert.StartsWith(
            "host=10.0.10.3 port=5433 user=howdah_replication passfile=/var/lib/howdah/shop/secrets/passfile application_name=db1",
            conninfo,
            StringComparison.Ordinal
        );
        Assert.Contains(rendering.Settings, setting => setting is { Name: "restore_command", Value: "howdah wal fetch %f %p" });
        Assert.Empty(rendering.Slots);
        Assert.Empty(rendering.Roles);
    }

    [Theory]
    [InlineData(1000, 900, false, 300)]
    [InlineData(1000, 100, false, 50)]
    [InlineData(1000, 900, true, 100)]
    [InlineData(1, 1, true, 0)]
    public void The_budget_of_a_slot_leaves_room_on_the_disk(long volumeGiB, long freeGiB, bool shared, long expectedGiB)
    {
        var budget = SlotBudget.Derive(ByteSize.FromMiB(volumeGiB << 10), ByteSize.FromMiB(freeGiB << 10), shared);

        Assert.Equal(expectedGiB == 0 ? ByteSize.FromMiB(102) : ByteSize.FromMiB(expectedGiB << 10), budget);
    }

    [Fact]
    public void The_budget_of_a_slot_is_never_below_four_segments() =>
        Assert.Equal(ByteSize.FromMiB(64), SlotBudget.Derive(ByteSize.FromMiB(100), ByteSize.FromMiB(1), copiesOnSameVolume: true));

    private static RenderOptions Options => new() { Version = PostgresVersion.OfMajor(15) };

    private static ClusterModel Model(string text)
    {
        var result = ClusterConfigReader.Read(text, "howdah.toml", new ConfigDefaults { ClusterRoot = "/var/lib/howdah" });
        Assert.Empty(result.Problems);
        return result.Model!;
    }
}
