using Howdah.Core.Wal;

namespace Howdah.Operations.Drill;

/// <summary>How to prove that the repository can be restored.</summary>
public sealed record DrillOptions
{
    /// <summary>Where copies are made and removed. Short: a Unix socket lies in it, and its path may have 107 bytes.</summary>
    public required string Scratch { get; init; }

    /// <summary>Absolute path of the program that answers <c>wal fetch</c>.</summary>
    public required string FetchProgram { get; init; }

    /// <summary>Null takes the newest reachable moment from whichever snapshot the planner chooses.</summary>
    public string? Snapshot { get; init; }

    public SystemIdentifier? System { get; init; }

    /// <summary>Further places to look for PostgreSQL in.</summary>
    public IReadOnlyList<string> BinDirectories { get; init; } = [];

    /// <summary>SQL that is sent to the restored copy as it is; null asks nothing.</summary>
    public string? Query { get; init; }

    /// <summary>See <see cref="Howdah.Repository.Drills.DrillRecord.QueryIsProof"/>.</summary>
    public bool QueryIsProof { get; init; }

    /// <summary>How long the query may take. Counting a large table takes minutes; a query that waits must not hang the drill.</summary>
    public TimeSpan QueryDeadline { get; init; } = TimeSpan.FromHours(1);

    public string Database { get; init; } = "postgres";

    /// <summary>The role that asks; the drill lets its own operating system user in as this role, over the socket alone.</summary>
    public string Superuser { get; init; } = "postgres";

    /// <summary>How long replay may take. A day's WAL replays in minutes; a server that hangs must not hang the drill for ever.</summary>
    public TimeSpan RecoveryDeadline { get; init; } = TimeSpan.FromHours(6);
}
