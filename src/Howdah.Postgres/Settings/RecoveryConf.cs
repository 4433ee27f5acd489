using Howdah.Postgres.Versions;

namespace Howdah.Postgres.Settings;

public enum RecoveryKind
{
    /// <summary>Follows a primary until promoted.</summary>
    Standby,

    /// <summary>Replays up to a target or to the end of WAL.</summary>
    Restore,
}

/// <summary>A file of recovery configuration, to be put into the data directory.</summary>
public sealed record RecoveryFile(string Name, string Content);

/// <summary>
/// Where a version wants its recovery configuration (reference manual: 11 "Recovery Configuration", 12+ "Archive Recovery").
/// </summary>
/// <param name="File">recovery.conf with everything (up to 11), or the empty signal file (12 and later).</param>
/// <param name="Settings">What goes to postgresql.conf; empty up to 11.</param>
public sealed record RecoveryConfiguration(RecoveryFile File, IReadOnlyDictionary<string, string> Settings);

/// <summary>Recovery configuration for any version: recovery.conf up to 11, a signal file and settings from 12.</summary>
public static class RecoveryConf
{
    public const string FileName = "recovery.conf";
    public const string StandbySignal = "standby.signal";
    public const string RecoverySignal = "recovery.signal";

    /// <summary>Files that must not be in a data directory that is to start as <paramref name="kind"/> (null: as a primary).</summary>
    public static IReadOnlyList<string> FilesToRemove(RecoveryKind? kind, PostgresVersion version)
    {
        string[] all = [FileName, "recovery.done", StandbySignal, RecoverySignal];
        return [.. all.Where(name => kind is null || !string.Equals(name, MarkerName(kind.Value, version), StringComparison.Ordinal))];
    }

    /// <summary>The one file whose presence makes the server start as <paramref name="kind"/>.</summary>
    public static string MarkerName(RecoveryKind kind, PostgresVersion version)
    {
        if (version.Facts.HasRecoveryConf)
            return FileName;
        return kind == RecoveryKind.Standby ? StandbySignal : RecoverySignal;
    }

    /// <param name="kind">Standby or restore.</param>
    /// <param name="settings">By their names in 12 and later; <c>standby_mode</c> is added where the version needs it.</param>
    /// <param name="version">The server that will read it.</param>
    public static RecoveryConfiguration Render(RecoveryKind kind, IReadOnlyDictionary<string, string> settings, PostgresVersion version)
    {
        var marker = MarkerName(kind, version);
        if (!version.Facts.HasRecoveryConf)
            return new RecoveryConfiguration(new RecoveryFile(marker, string.Empty), settings);
        var conf = PostgresConf.Empty;
        if (kind == RecoveryKind.Standby)
            conf = conf.Set("standby_mode", "on");
        foreach (var (name, value) in settings.OrderBy(setting => setting.Key, StringComparer.Ordinal))
            conf = conf.Set(name, value);
        return new RecoveryConfiguration(new RecoveryFile(marker, conf.ToString()), new Dictionary<string, string>(StringComparer.Ordinal));
    }
}
