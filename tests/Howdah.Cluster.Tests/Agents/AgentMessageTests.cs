using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Howdah.Cluster.Agents;
using Howdah.Cluster.Observation;
using Howdah.Core.Wal;
using Howdah.Postgres.Server;
using Howdah.Postgres.Versions;

namespace Howdah.Cluster.Tests.Agents;

/// <summary>Messages of agents that know less, or that write what they should not.</summary>
public sealed class AgentMessageTests
{
    [Fact]
    public void A_report_has_empty_lists_for_what_its_agent_does_not_know()
    {
        var known = new HostReport
        {
            Host = "slave",
            Version = "0.1.0",
            At = AgentHosts.Beginning,
            Nodes =
            [
                new NodeReport("slave")
                {
                    Data = DataPlace.Initialized,
                    Server = new ServerStatus(ServerState.Standby, null),
                    Answers = new NodeAnswers
                    {
                        Version = PostgresVersion.OfMajor(15),
                        InRecovery = true,
                        System = new SystemIdentifier(7),
                    },
                },
            ],
            Backup = new ObservedBackup { HasRepository = true },
        };
        var json = JsonNode.Parse(JsonSerializer.Serialize(known, AgentJson.Default.HostReport))!;
        RemoveLists(json);
        var report = json.Deserialize(AgentJson.Default.HostReport)!;

        var node = Assert.Single(report.Nodes);
        Assert.Empty(report.Heard);
        Assert.Empty(node.SharedTablespaces);
        Assert.Empty(node.DifferingFiles);
        Assert.Empty(node.ReplayedLimits);
        Assert.Empty(node.Answers!.Slots);
        Assert.Empty(node.Answers.Limits);
        Assert.Empty(report.Backup!.Snapshots);
    }

    [Fact]
    public void A_plan_has_empty_lists_likewise()
    {
        var plan = JsonSerializer.Deserialize(
            """{ "obstacles": [], "steps": [ { "kind": "StartServer", "subject": "slave", "text": "start slave", "reason": "it is down" } ] }""",
            AgentJson.Default.ClusterPlan)!;

        Assert.Empty(plan.Unseen);
        Assert.Equal(("", 0), (Assert.Single(plan.Steps).Host, plan.Steps[0].After.Count));
    }

    [Theory]
    [InlineData("""{ "host": null, "token": "a", "request": "b" }""")]
    [InlineData("""{ "host": "slave", "token": "a" }""")]
    public void What_must_be_there_is_there(string json) =>
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize(json, AgentJson.Default.JoinRequest));

    [Fact]
    public async Task A_line_without_an_end_is_given_up_at_the_limit()
    {
        await using var lines = new BoundedLines(new EndlessStream(), longest: 100_000);
        var failure = await Assert.ThrowsAsync<IOException>(async () => await lines.ReadAsync(CancellationToken.None));
        Assert.Contains("100000 bytes", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lines_come_one_by_one_and_half_a_line_at_the_end_does_not()
    {
        await using var lines = new BoundedLines(new MemoryStream("one\n\ntwo\nthr"u8.ToArray()), longest: 100);
        var read = new List<string>();
        while (await lines.ReadAsync(CancellationToken.None) is { } line)
            read.Add(Encoding.UTF8.GetString(line));
        Assert.Equal(["one", "", "two"], read);
    }

    private static void RemoveLists(JsonNode node)
    {
        if (node is JsonArray { Count: > 0 } array)
            array.ToList().ForEach(item => RemoveLists(item!));
        if (node is not JsonObject parent)
            return;
        foreach (var (name, value) in parent.ToList().Where(pair => pair.Value is not null))
        {
            if (value is JsonArray { Count: 0 } or JsonObject { Count: 0 })
                parent.Remove(name);
            else
                RemoveLists(value!);
        }
    }

    private sealed class EndlessStream : MemoryStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            buffer.Span.Fill((byte)'a');
            return ValueTask.FromResult(buffer.Length);
        }
    }
}
