namespace Howdah.Cluster.Observation;

/// <summary>How old what is known of a host is.</summary>
/// <param name="Host">Its name.</param>
/// <param name="Age">By our own clock: zero for this machine; null where nothing is known of it.</param>
public sealed record HostAge(string Host, TimeSpan? Age);
