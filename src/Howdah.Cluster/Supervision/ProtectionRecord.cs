namespace Howdah.Cluster.Supervision;

/// <summary>What a supervisor remembers of the protection that it watches.</summary>
/// <param name="Since">Since when the cluster has been protected without a break; null where it is not.</param>
/// <param name="SeenAt">When it was last looked at. A long silence breaks it: nobody watched.</param>
public sealed record ProtectionRecord(DateTimeOffset? Since, DateTimeOffset SeenAt);
