using Howdah.Core.Units;
using Howdah.Core.Wal;
using Howdah.Postgres.ConnectionStrings;
using Howdah.Postgres.Replication;

namespace Howdah.Operations.CloneStandby;

/// <summary>A standby to build from a running primary.</summary>
public sealed record CloneRequest
{
    /// <summary>The primary, and a role with REPLICATION.</summary>
    public required ConnectionSettings Primary { get; init; }

    /// <summary>The standby's own physical slot; made before anything is copied, so that no WAL it needs can go.</summary>
    public required string SlotName { get; init; }

    /// <summary>Where the data directory will be; must not exist, or be empty. The copy is built in <c>&lt;this&gt;.new</c>.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>Refuses any other system; null accepts all.</summary>
    public SystemIdentifier? System { get; init; }

    /// <summary>Gives each tablespace a directory, which must not exist or be empty; null refuses it. The default refuses all.</summary>
    public Func<TablespaceInfo, string?> LocateTablespace { get; init; } = static _ => null;

    public bool FastCheckpoint { get; init; } = true;

    /// <summary>Bytes per second; null is unlimited.</summary>
    public ByteSize? RateLimit { get; init; }
}
