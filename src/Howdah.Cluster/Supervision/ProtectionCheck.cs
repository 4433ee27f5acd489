namespace Howdah.Cluster.Supervision;

/// <summary>One of the things that being protected consists of.</summary>
/// <param name="Subject">A node, the backup host, or the thing itself: one or two words.</param>
/// <param name="Verdict">Good, bad, or not observed.</param>
/// <param name="Finding">What was seen; one line without a full stop.</param>
public sealed record ProtectionCheck(string Subject, Verdict Verdict, string Finding)
{
    /// <summary>The finding as a sentence that needs no subject beside it; null where nothing stands against protection.</summary>
    public string? Reason { get; init; }

    /// <summary>What will be bad if nobody does anything, as a sentence; only of what is good now.</summary>
    public string? Warning { get; init; }

    /// <summary>The cluster file wants it so: nothing that could be done was left undone.</summary>
    public bool IsByChoice { get; init; }
}
