namespace Howdah.Cluster.Configuration;

/// <summary>One value as it counts, with where it came from.</summary>
/// <param name="Path">Section and key: <c>nodes[1].port</c>.</param>
/// <param name="Value">The value, or in words what holds when there is none.</param>
/// <param name="Line">The line of the cluster file that says so; null for a default.</param>
public sealed record EffectiveValue(string Path, string Value, int? Line);
