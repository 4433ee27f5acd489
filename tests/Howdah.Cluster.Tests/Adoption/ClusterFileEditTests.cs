using Howdah.Cluster.Adoption;
using Howdah.Cluster.Configuration;

namespace Howdah.Cluster.Tests.Adoption;

public sealed class ClusterFileEditTests
{
    private static readonly ClusterFileAdditions Additions = new()
    {
        Settings = [new("work_mem", "7MB"), new("auto_explain.log_min_duration", "\"1\\s\"")],
        HbaLines = ["host all app 10.0.0.0/8 scram-sha-256"],
        Slots = new Dictionary<string, string>(StringComparer.Ordinal) { ["two"] = "standby_two" },
    };

    private const string Plain = """
        # a remark
        [cluster]
        name = "shop"     # another
        postgresql = 15
        [[nodes]]
        name = "one"
        address = "127.0.0.1"
        [[nodes]]
        name = "two"
        address = "127.0.0.2"
        [backup]
        address = "127.0.0.3"
        """;

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("\n[settings]")]
    [InlineData("\n[settings]\nshared_buffers = \"1GB\"  # mine\n\n[hba]\n")]
    [InlineData("\n[hba]\nlines = []\n")]
    [InlineData("\n[hba]\nlines = [ \"host all all ::1/128 scram-sha-256\" ]\n[settings]\n")]
    [InlineData("\n[hba]\nlines = [\n  # theirs\n  \"host all all ::1/128 scram-sha-256\",\n]\n[settings]\njit = false")]
    public void Everything_is_added_and_every_line_that_was_there_stays(string rest)
    {
        var before = Plain + rest;
        var after = ClusterFileEdit.Add(before, Additions);
        Assert.NotNull(after);
        var model = Read(after);
        Assert.Equal("7MB", model.ExtraSettings["work_mem"]);
        Assert.Equal("\"1\\s\"", model.ExtraSettings["auto_explain.log_min_duration"]);
        Assert.Equal(Additions.HbaLines[0], model.ExtraHbaLines[0]);
        Assert.Equal("standby_two", model.Nodes[1].SlotName);
        Assert.Equal("one", model.Nodes[0].SlotName);
        Assert.Equal(Read(before).ExtraHbaLines.Count + 1, model.ExtraHbaLines.Count);
        Assert.Equal(Read(before).ExtraSettings.Count + 2, model.ExtraSettings.Count);
        Assert.StartsWith("# a remark\n[cluster]\nname = \"shop\"     # another\n", after, StringComparison.Ordinal);
        // The list of lines is opened, and what is in it stays.
        Assert.All(before.Replace("lines = [", "\n").Split('\n'), line => Assert.Contains(line, after, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("settings = { jit = false }\n")]
    [InlineData("settings.jit = false\n")]
    public void A_form_that_cannot_be_added_to_is_left_alone(string first) =>
        Assert.Null(ClusterFileEdit.Add(first + Plain, Additions));

    [Fact]
    public void Nothing_to_add_changes_nothing() => Assert.Equal(Plain, ClusterFileEdit.Add(Plain, new ClusterFileAdditions()));

    private static ClusterModel Read(string text)
    {
        var read = ClusterConfigReader.Read(text, "howdah.toml", new ConfigDefaults { ClusterRoot = "/tmp" });
        Assert.True(read.Model is not null, string.Join('\n', read.Problems) + text);
        return read.Model;
    }
}
