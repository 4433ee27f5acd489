using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Howdah.Cluster.Agents;
using Howdah.Cluster.Observation;
using Howdah.Cluster.Planning;

namespace Howdah.Fuzz;

/// <summary>What agents send to each other, and the small files that a cluster's state is in.</summary>
internal static class AgentTargets
{
    private const string Report = """
        { "format": 1, "host": "slave", "version": "0.1.0", "at": "2026-11-23T09:14:55+00:00", "clock": "2026-11-23T09:14:56+00:00",
          "revision": 3, "origin": "a", "heard": [ { "host": "master", "age": "00:00:01" } ], "hasDirectories": true, "nodes": [ {
            "name": "slave", "data": "Initialized", "server": { "state": "Standby", "postmaster": null }, "sharedTablespaces": [ "a" ],
            "replayedLimits": { "max_connections": 100 } } ] }
        """;

    private const string Plan = """
        { "steps": [ { "kind": "StartServer", "subject": "slave", "text": "start slave", "reason": "it is down", "host": "slave",
            "after": [ "CreateSlot:slave" ] } ],
          "obstacles": [ { "subject": "slave", "message": "no", "hint": "do", "host": "slave" } ],
          "unseen": [ { "host": "backup", "problem": "it is gone" } ] }
        """;

    private const string File = """
        { "revision": 2, "text": "name = \"x\"", "revoked": "{}", "passwords": { "replication": "secret" }, "origin": "b" }
        """;

    private const string Proof = """
        { "system": 7, "at": "2026-11-23T09:14:55+00:00", "snapshot": "20261123T091455", "took": "00:00:10", "nodes": [ "master" ] }
        """;

    public static IEnumerable<FuzzTarget> All =>
    [
        Of("host-report", AgentJson.Default.HostReport, UseReport, Report),
        Of("agent-plan", AgentJson.Default.ClusterPlan, UsePlan, Plan),
        Of("cluster-file-revision", AgentJson.Default.ClusterFileRevision, file => _ = (file.Text.Length, file.ToString()), File),
        Of("join-request", AgentJson.Default.JoinRequest,
            request => _ = request.Host.Length + request.Token.Length + request.Request.Length,
            """{ "host": "slave", "token": "AAAA", "request": "-----BEGIN" }"""),
        Of("command-output", AgentJson.Default.CommandOutput, output => output.ToString(),
            """{ "out": "a line", "error": null, "exit": 3, "isPart": true }"""),
        Of("agent-refusal", AgentJson.Default.AgentRefusal, refusal => refusal.ToException("slave"),
            """{ "code": "locked", "message": "it is locked", "hint": "wait" }"""),
        Of("proof-record", ClusterStateJson.Default.ProofRecord, proof => _ = proof.Nodes.Count + proof.Snapshot.Length, Proof),
        Of("intent-record", ClusterStateJson.Default.IntentRecord, intent => _ = intent.Step.Length + intent.Text.Length,
            """{ "step": "StartServer:a", "text": "start a", "at": "2026-11-23T09:14:55+00:00", "processId": 7 }"""),
        Of("adopted-server", ClusterStateJson.Default.AdoptedServer, adopted => _ = adopted.Deferred.Count,
            """{ "processId": 7, "startTime": 1700000000, "deferred": { "max_connections": "200" } }"""),
    ];

    private static void UseReport(HostReport report)
    {
        _ = report.Heard.Sum(heard => heard.Host.Length);
        foreach (var node in report.Nodes)
            _ = node.Name.Length + node.SharedTablespaces.Count + node.DifferingFiles.Count + node.ReplayedLimits.Count;
    }

    private static void UsePlan(ClusterPlan plan) =>
        _ = (plan.NextOn("slave"), plan.On("slave").IsEmpty, plan.Unseen.Sum(host => host.Problem.Length));

    private static FuzzTarget Of<T>(string name, JsonTypeInfo<T> type, Action<T> use, string example)
        where T : class =>
        new(name, [Encoding.UTF8.GetBytes(example)], bytes =>
        {
            try
            {
                if (JsonSerializer.Deserialize(bytes, type) is { } read)
                    use(read);
            }
            catch (JsonException exception)
            {
                throw new FormatException(exception.Message, exception);
            }
        });
}
