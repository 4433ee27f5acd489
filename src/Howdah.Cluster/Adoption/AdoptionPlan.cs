using Howdah.Cluster.Configuration;
using Howdah.Cluster.Rendering;

namespace Howdah.Cluster.Adoption;

/// <summary>How a person wants servers adopted.</summary>
public sealed record AdoptionOptions
{
    /// <summary>Lines of pg_hba.conf that a cluster file may not have are left out, in place of being a reason to refuse.</summary>
    public bool LeavesOutRefusedLines { get; init; }
}

/// <summary>What adopting the servers of this machine does, and what Howdah will change afterwards.</summary>
public sealed record AdoptionPlan
{
    /// <summary>Where the cluster file and what runs here do not fit together; nothing is done while there are any.</summary>
    public required IReadOnlyList<AdoptionProblem> Problems { get; init; }

    /// <summary>Worth knowing, and no reason to refuse.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    public IReadOnlyList<NodeAdoption> Nodes { get; init; } = [];

    /// <summary>What the cluster file is to have beside what it has.</summary>
    public ClusterFileAdditions Additions { get; init; } = new();

    /// <summary>What the cluster file says with all that.</summary>
    public required ClusterModel Model { get; init; }

    /// <summary>The text of the cluster file with all that; null where nothing is added.</summary>
    public string? ClusterFile { get; init; }

    /// <summary>What howdah up, or the agent, will make: roles and slots.</summary>
    public IReadOnlyList<string> ToMake { get; init; } = [];

    /// <summary>What is somebody else's and stays as it is: slots and who streams.</summary>
    public IReadOnlyList<string> LeftAlone { get; init; } = [];

    /// <summary>All is adopted.</summary>
    public bool IsEmpty => Problems.Count == 0 && ClusterFile is null && Nodes.All(node => node.IsDone);
}

/// <summary>What does not fit.</summary>
/// <param name="Subject">The node.</param>
/// <param name="Message">What was seen, and what the cluster file says; lower case, no full stop.</param>
/// <param name="Hint">What to do.</param>
public sealed record AdoptionProblem(string Subject, string Message, string Hint);

/// <summary>When a changed setting counts.</summary>
public enum SettingMoment
{
    /// <summary>As soon as the server reads its files again.</summary>
    Reload,

    /// <summary>After a restart, which howdah up, or the agent, makes.</summary>
    Restart,

    /// <summary>After the next restart, whenever it comes: until then the server does as well without.</summary>
    NextRestart,
}

/// <summary>A setting that Howdah sets to something else.</summary>
public sealed record SettingChange(string Name, string From, string To, string Reason, SettingMoment Moment);

/// <summary>A setting that stays in the server's own files, or goes from them.</summary>
public sealed record SettingRemark(string Name, string Value, string Reason);

/// <summary>A line of pg_hba.conf with what becomes of it.</summary>
/// <param name="Line">As it is.</param>
/// <param name="Reason">Why.</param>
/// <param name="Instead">What the cluster file has in its place; null: nothing.</param>
public sealed record HbaLineRemark(string Line, string Reason, string? Instead);

/// <summary>One server.</summary>
public sealed record NodeAdoption(NodeModel Node, NodeRole Role)
{
    /// <summary>The server in a line for people.</summary>
    public required string Server { get; init; }

    public IReadOnlyList<SettingChange> Changes { get; init; } = [];

    /// <summary>Settings that stay in its own files beside Howdah's.</summary>
    public IReadOnlyList<SettingRemark> Stays { get; init; } = [];

    /// <summary>Settings that are taken out of its files.</summary>
    public IReadOnlyList<SettingRemark> Removed { get; init; } = [];

    /// <summary>Lines of pg_hba.conf that the cluster file has in another form, or not at all.</summary>
    public IReadOnlyList<HbaLineRemark> HbaRemarks { get; init; } = [];

    /// <summary>What is done to its files, in order; each can be done again.</summary>
    public IReadOnlyList<FileAction> Actions { get; init; } = [];

    /// <summary>What waits for its next restart, with the value that it is to have then; empty where nothing does.</summary>
    public IReadOnlyDictionary<string, string> Deferred { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>What waits is noted already.</summary>
    public bool IsDeferralKnown { get; init; }

    public bool IsDone => Actions.Count == 0 && IsDeferralKnown;
}

public enum FileActionKind
{
    /// <summary>A copy of the file is kept beside it.</summary>
    Keep,

    /// <summary>The file gets this content.</summary>
    Write,

    /// <summary>A symbolic link is put in the file's place.</summary>
    Link,
}

/// <summary>What is done to one file.</summary>
/// <param name="Kind">What is done.</param>
/// <param name="Path">The file.</param>
/// <param name="Content">Its content, or where the link leads; empty for a copy.</param>
/// <param name="Text">A line for people.</param>
public sealed record FileAction(FileActionKind Kind, string Path, string Content, string Text);
