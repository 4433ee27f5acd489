using Howdah.Cluster.Configuration;
using Howdah.Cluster.Observation;
using Howdah.Core.Wal;
using Howdah.Postgres.Server;
using Howdah.Postgres.Settings;
using Howdah.Postgres.Versions;

namespace Howdah.Cluster.Adoption;

/// <summary>A server that somebody else set up and that runs on this machine, as it was found.</summary>
internal sealed record FoundServer(NodeModel Node)
{
    public required PostmasterFile Postmaster { get; init; }

    public required PostgresVersion Version { get; init; }

    public required SystemIdentifier System { get; init; }

    public required bool InRecovery { get; init; }

    /// <summary>The session that looked has all rights.</summary>
    public required bool IsSuperuser { get; init; }

    /// <summary>By name, without case: pg_settings.</summary>
    public required IReadOnlyDictionary<string, FoundSetting> Settings { get; init; }

    /// <summary>pg_file_settings, in the order in which the server reads its files: of a name, the last counts.</summary>
    public IReadOnlyList<FileSetting> FileSettings { get; init; } = [];

    /// <summary>What the server would complain about in its files, were it to read them now.</summary>
    public IReadOnlyList<string> FileErrors { get; init; } = [];

    public required FoundFiles Files { get; init; }

    /// <summary>pg_hba.conf with the files that it includes, in their order.</summary>
    public IReadOnlyList<HbaRecord> HbaRules { get; init; } = [];

    /// <summary>Lines of pg_ident.conf that map a user.</summary>
    public IReadOnlyList<string> UserMaps { get; init; } = [];

    public IReadOnlyList<FoundRole> Roles { get; init; } = [];

    public IReadOnlyList<FoundSlot> Slots { get; init; } = [];

    public IReadOnlyList<FoundFollower> Followers { get; init; } = [];

    /// <summary>Whom it streams from; null where it does not.</summary>
    public FoundReceiver? Receiver { get; init; }

    public IReadOnlyList<ObservedTablespace> Tablespaces { get; init; } = [];

    public bool HasChecksums => Shown("data_checksums") == "on";

    /// <summary>The value as <c>show</c> has it; empty where this version has no such setting.</summary>
    public string Shown(string name) => Settings.TryGetValue(name, out var setting) ? setting.Shown : "";
}

/// <summary>A row of pg_settings.</summary>
/// <param name="Name">As PostgreSQL spells it.</param>
/// <param name="Shown">With the largest fitting unit.</param>
internal sealed record FoundSetting(string Name, string Shown)
{
    public required SettingKind Kind { get; init; }

    /// <summary>Counts only from a start of the server on.</summary>
    public bool NeedsRestart { get; init; }

    /// <summary>The command line of the server's start says so, and no file can change it while that runs.</summary>
    public bool IsFromCommandLine { get; init; }

    /// <summary>What the server has without any configuration, in <see cref="SettingKind.Unit"/>s.</summary>
    public string Default { get; init; } = "";
}

/// <summary>A line of a settings file.</summary>
/// <param name="Name">As it is written.</param>
/// <param name="Value">As it is written, without quotes.</param>
/// <param name="File">The file's path.</param>
internal sealed record FileSetting(string Name, string Value, string File);

/// <param name="Name">Its name.</param>
/// <param name="IsSuperuser">It has all rights.</param>
/// <param name="HasOldPassword">It may log in, and its password is stored in a form that SCRAM cannot use.</param>
/// <param name="IsOurs">Howdah made it.</param>
internal sealed record FoundRole(string Name, bool IsSuperuser, bool HasOldPassword, bool IsOurs);

/// <param name="Name">Its name.</param>
/// <param name="IsPhysical">For standbys and receivers; else it decodes for subscribers.</param>
/// <param name="ProcessId">The sender that uses it now; null where none does.</param>
internal sealed record FoundSlot(string Name, bool IsPhysical, int? ProcessId);

/// <summary>A row of pg_stat_replication.</summary>
internal sealed record FoundFollower(string ApplicationName, string? Address, int ProcessId);

/// <summary>The row of pg_stat_wal_receiver.</summary>
/// <param name="Host">As it is in primary_conninfo: an address, a name or a socket directory.</param>
/// <param name="Port">The sender's.</param>
/// <param name="Slot">What it streams through; null without.</param>
internal sealed record FoundReceiver(string? Host, long? Port, string? Slot);

/// <summary>The texts of a server's files.</summary>
internal sealed record FoundFiles
{
    public required FoundFile Main { get; init; }

    public required FoundFile Hba { get; init; }

    public required FoundFile Ident { get; init; }

    /// <summary>postgresql.conf with every include but Howdah's own in place of the line that names it.</summary>
    public required string Flattened { get; init; }

    /// <summary>recovery.conf; null where there is none.</summary>
    public string? Recovery { get; init; }

    /// <summary>What ALTER SYSTEM has written.</summary>
    public string AutoConf { get; init; } = "";

    /// <summary>Debian's file that says who starts the server; null where there is none.</summary>
    public string? StartConf { get; init; }

    /// <summary>Paths that a copy was kept of already.</summary>
    public IReadOnlySet<string> Kept { get; init; } = new HashSet<string>(StringComparer.Ordinal);

    /// <summary>Symbolic links that are there, with what they lead to.</summary>
    public IReadOnlyDictionary<string, string> Links { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);
}

/// <param name="Path">Where the server reads it.</param>
/// <param name="Text">Its content.</param>
internal sealed record FoundFile(string Path, string Text)
{
    /// <summary>It is not in the data directory, nor a link to there.</summary>
    public bool IsOutside { get; init; }

    /// <summary>What the data directory has under that name; null: nothing.</summary>
    public string? InData { get; init; }
}
