using System.Text.Json.Serialization;
using Howdah.Cluster.Configuration;

namespace Howdah.Cli.Json;

/// <summary>Every JSON document that the command line prints. Names and meanings are a contract: fields are only ever added.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true
)]
[JsonSerializable(typeof(ErrorEnvelope))]
[JsonSerializable(typeof(ConfigCheckJson))]
[JsonSerializable(typeof(ConfigShowJson))]
[JsonSerializable(typeof(RenderJson))]
[JsonSerializable(typeof(ErrorListJson))]
[JsonSerializable(typeof(UriJson))]
[JsonSerializable(typeof(PlanJson))]
[JsonSerializable(typeof(StatusJson))]
[JsonSerializable(typeof(CheckListJson))]
[JsonSerializable(typeof(SlotListJson))]
[JsonSerializable(typeof(CertificateListJson))]
[JsonSerializable(typeof(SnapshotJson))]
[JsonSerializable(typeof(SnapshotListJson))]
[JsonSerializable(typeof(RestorePlanJson))]
[JsonSerializable(typeof(RestoreResultJson))]
[JsonSerializable(typeof(DrillJson))]
[JsonSerializable(typeof(WalListJson))]
[JsonSerializable(typeof(WalGapListJson))]
[JsonSerializable(typeof(WalSwitchJson))]
internal sealed partial class CliJson : JsonSerializerContext;

internal sealed record ErrorEnvelope(ErrorJson Error);

internal sealed record ErrorJson(int Code, string Name, string Message, string? Hint, IReadOnlyList<ProblemJson>? Problems);

internal sealed record ProblemJson(int Line, int Column, string Message, string? Suggestion)
{
    public static ProblemJson Of(ConfigProblem problem) => new(problem.Line, problem.Column, problem.Message, problem.Suggestion);
}

internal sealed record ConfigCheckJson(string File, bool Valid, IReadOnlyList<ProblemJson> Problems);

/// <param name="File">The cluster file.</param>
/// <param name="Values">Every value as it counts.</param>
internal sealed record ConfigShowJson(string File, IReadOnlyList<EffectiveValueJson> Values);

/// <param name="Path">Section and key.</param>
/// <param name="Value">The value, as text.</param>
/// <param name="Line">The line of the file that says so; absent for a default.</param>
internal sealed record EffectiveValueJson(string Path, string Value, int? Line);

/// <param name="Nodes">Those that were asked for.</param>
/// <param name="Backup">The backup host; absent where only a node was asked for.</param>
internal sealed record RenderJson(IReadOnlyList<RenderNodeJson> Nodes, RenderBackupJson? Backup);

internal sealed record RenderBackupJson(string Name, string Address, IReadOnlyList<RenderPartJson> Parts);

internal sealed record RenderPartJson(string Title, IReadOnlyList<RenderLineJson> Lines);

internal sealed record RenderLineJson(string Text, string Reason);

internal sealed record RenderNodeJson(
    string Name,
    string Role,
    IReadOnlyList<RenderFileJson> Files,
    IReadOnlyList<string> AbsentFiles,
    IReadOnlyList<RenderSlotJson> Slots,
    IReadOnlyList<RenderRoleJson> Roles
);

internal sealed record RenderFileJson(string Path, string Mode, string Content);

internal sealed record RenderSlotJson(string Name, string Owner, string Reason);

internal sealed record RenderRoleJson(string Name, string Reason, IReadOnlyList<string> Statements);

internal sealed record UriJson(string Uri);

internal sealed record ErrorListJson(IReadOnlyList<ErrorEntryJson> Errors);

internal sealed record ErrorEntryJson(int Code, string Name, int ExitCode, bool MayRetry, string Meaning, string Remedy);
