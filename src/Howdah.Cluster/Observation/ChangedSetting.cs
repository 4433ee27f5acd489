namespace Howdah.Cluster.Observation;

/// <summary>A setting that the rendered <see cref="Rendering.NodeRendering.SettingsFileName"/> gives another value than the one in
/// place.</summary>
/// <param name="Name">As it is rendered, or else as the file in place has it.</param>
/// <param name="From">What is in place; null: it is not set there.</param>
/// <param name="To">What is rendered; null: it will not be set.</param>
public sealed record ChangedSetting(string Name, string? From, string? To)
{
    /// <summary>The server, which runs, takes it at its next start only.</summary>
    public bool NeedsRestart { get; init; }
}
