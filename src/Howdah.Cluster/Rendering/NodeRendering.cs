using System.Text;
using Howdah.Cluster.Configuration;
using Howdah.Core.Units;
using Howdah.Postgres.Settings;
using Howdah.Postgres.Sql;
using Howdah.Postgres.Versions;

namespace Howdah.Cluster.Rendering;

/// <summary>What a node does at a time.</summary>
public enum NodeRole
{
    Primary,
    Standby,
}

/// <summary>What rendering depends on beside the cluster file.</summary>
public sealed record RenderOptions
{
    /// <summary>The version that will read the files; its major is what counts.</summary>
    public required PostgresVersion Version { get; init; }

    /// <summary>The node that standbys follow; null: the initial primary.</summary>
    public NodeModel? Primary { get; init; }

    /// <summary>
    /// What one slot may hold back on this node's disk (see <see cref="SlotBudget"/>); null: not known here, so only a comment says
    /// so.
    /// </summary>
    public ByteSize? SlotWalBudget { get; init; }

    /// <summary>The user of the operating system that runs the server; default <c>postgres</c>.</summary>
    public string OsUser { get; init; } = "postgres";

    /// <summary>
    /// Where clients of the operating system's packages look for a server's socket, on a host where that place is; null: only Howdah's own
    /// directory is used.
    /// </summary>
    public string? SystemSocketDirectory { get; init; }

    /// <summary>A restore_command that lets a standby catch up from the repository when its slot lost WAL; null: it has none.</summary>
    public string? FetchWalCommand { get; init; }
}

/// <summary>All that is to be in place for one node. Pure data: the same input renders the same text.</summary>
public sealed record NodeRendering
{
    /// <summary>The file in the data directory that holds Howdah's settings; postgresql.conf includes it last.</summary>
    public const string SettingsFileName = "howdah.conf";

    /// <summary>The line that postgresql.conf ends with.</summary>
    public const string IncludeLine = $"include '{SettingsFileName}'";

    /// <summary>Why it ends so; told beside the file, whose other lines are not Howdah's.</summary>
    internal const string IncludeReason = "what that file says counts before anything above, because it comes last";

    /// <summary>Whether an include of postgresql.conf is that line.</summary>
    internal static bool IsOwn(ConfInclude include) => include is { Kind: ConfIncludeKind.File, Path: SettingsFileName };

    public required NodeModel Node { get; init; }

    public required NodeRole Role { get; init; }

    /// <summary>Settings of <see cref="SettingsFileName"/>, standby settings of 12 and newer included.</summary>
    public required IReadOnlyList<RenderedSetting> Settings { get; init; }

    /// <summary>Every file to be in place.</summary>
    public required IReadOnlyList<RenderedFile> Files { get; init; }

    /// <summary>Files that must not be there: a left-over one would start the server in the wrong role or not at all.</summary>
    public required IReadOnlyList<AbsentFile> AbsentFiles { get; init; }

    /// <summary>The physical slots to exist on the node; empty for a standby.</summary>
    public required IReadOnlyList<RenderedSlot> Slots { get; init; }

    /// <summary>The roles to exist; they are made on the primary and reach the standbys with the WAL.</summary>
    public required IReadOnlyList<RenderedRole> Roles { get; init; }
}

/// <summary>One setting with the reason it is there.</summary>
public sealed record RenderedSetting(string Name, string Value, string Reason);

/// <summary>A file that must not be there, with what it would do.</summary>
/// <param name="Path">Absolute.</param>
/// <param name="Reason">What it would do.</param>
public sealed record AbsentFile(string Path, string Reason);

/// <summary>One line of a file with the reason it is there; no reason: it needs none. No text: a remark of its own.</summary>
public sealed record RenderedLine(string Text, string? Reason);

/// <summary>A file to be in place.</summary>
/// <param name="Path">Absolute.</param>
/// <param name="Mode">Owner read and write, and never more for files with secrets.</param>
/// <param name="Lines">Its lines in order.</param>
public sealed record RenderedFile(string Path, UnixFileMode Mode, IReadOnlyList<RenderedLine> Lines)
{
    public const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Why the file is there, where it has no line that could say so; else null.</summary>
    public string? Reason { get; init; }

    /// <summary>The text of the file: each line after its reason as a comment.</summary>
    public string Content
    {
        get
        {
            var text = new StringBuilder();
            foreach (var line in Lines)
            {
                if (line.Reason is not null)
                    text.Append("# ").Append(line.Reason).Append('\n');
                if (line.Text.Length > 0 || line.Reason is null)
                    text.Append(line.Text).Append('\n');
            }

            return text.ToString();
        }
    }
}

/// <summary>A physical replication slot to exist, with WAL reserved from the moment it is made.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Owner">The node or the backup host that it keeps WAL for.</param>
/// <param name="Reason">Why it is there.</param>
public sealed record RenderedSlot(string Name, string Owner, string Reason);

/// <summary>A role to exist.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Reason">What it is for.</param>
/// <param name="Statements">SQL that makes it so, safe to run again, in database <c>postgres</c>; the password is set apart.</param>
public sealed record RenderedRole(string Name, string Reason, IReadOnlyList<RenderedLine> Statements)
{
    /// <summary>The statement that gives the role its password, which the server never sees in clear text.</summary>
    /// <param name="verifier">A SCRAM-SHA-256 verifier (it holds no quote).</param>
    public string PasswordStatement(string verifier) => $"alter role {SqlText.Identifier(Name)} password {SqlText.Literal(verifier)}";
}
