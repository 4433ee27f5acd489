using System.Text.Json.Serialization;
using Howdah.Cluster.Planning;
using Howdah.Repository.Json;

namespace Howdah.Cluster.Agents;

/// <summary>What agents say to each other, generated at build time so that the native binary needs no reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    IgnoreReadOnlyProperties = true,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    Converters = [typeof(LsnConverter), typeof(TimelineIdConverter), typeof(SystemIdentifierConverter)])]
[JsonSerializable(typeof(HostReport))]
[JsonSerializable(typeof(ClusterFileRevision))]
[JsonSerializable(typeof(PlanRequest))]
[JsonSerializable(typeof(ClusterPlan))]
[JsonSerializable(typeof(JoinRequest))]
[JsonSerializable(typeof(JoinAnswer))]
[JsonSerializable(typeof(RenewalRequest))]
[JsonSerializable(typeof(RenewalAnswer))]
[JsonSerializable(typeof(CommandRequest))]
[JsonSerializable(typeof(CommandOutput))]
[JsonSerializable(typeof(AgentRefusal))]
public sealed partial class AgentJson : JsonSerializerContext;
