using System.Globalization;
using Howdah.Core.Restore;
using Howdah.Operations.FetchWal;
using Howdah.Postgres.DataDirectory;
using Howdah.Postgres.Settings;
using Howdah.Postgres.Versions;
using Howdah.Storage;

namespace Howdah.Operations.Restore;

/// <summary>
/// Writes recovery settings into a restored directory, and takes the teeth out of what the original's settings would do to the
/// world: archiving into its archive, following its primary, waiting for its standbys, answering at its address.
/// </summary>
/// <remarks>
/// Everything goes to postgresql.auto.conf, which the server reads after postgresql.conf and all its includes (guc-file.l), so that
/// nothing carried over can win. Up to 11 recovery itself is configured in recovery.conf.
/// </remarks>
internal sealed class RestoredConfiguration(RestoreOptions options, RestorePlan plan, string repository, PostgresVersion version)
{
    private const string AutoConf = "postgresql.auto.conf";
    private const string MainConf = "postgresql.conf";
    private const string ExternalPidFile = "external_pid_file";
    private const string Reason = "set by howdah restore";

    /// <summary>Until when each exists follows the manual's release notes.</summary>
    private static readonly (string Name, string Value, int Since, int Until)[] Harmless =
    [
        ("archive_mode", "off", 11, int.MaxValue),
        ("archive_command", "", 11, int.MaxValue),
        ("archive_library", "", 15, int.MaxValue),
        ("synchronous_standby_names", "", 11, int.MaxValue),
        ("synchronized_standby_slots", "", 17, int.MaxValue),
        ("sync_replication_slots", "off", 17, int.MaxValue),

        // A subscription of the copy would take the original's changes from the publisher.
        ("max_logical_replication_workers", "0", 11, int.MaxValue),
        ("primary_conninfo", "", 12, int.MaxValue),
        ("primary_slot_name", "", 12, int.MaxValue),
        ("promote_trigger_file", "", 12, 15),
        ("archive_cleanup_command", "", 12, int.MaxValue),
        ("recovery_end_command", "", 12, int.MaxValue),
        ("recovery_min_apply_delay", "0", 12, int.MaxValue),
        ("recovery_target_inclusive", "on", 12, int.MaxValue),
        ("recovery_target_action", "pause", 12, int.MaxValue),
        ("hot_standby", "on", 11, int.MaxValue),

        // It may name a place outside of the data directory, which is the original's.
        ("log_directory", "log", 11, int.MaxValue),
    ];

    /// <summary>
    /// Taken out of the copied files rather than set to nothing: each of them, even when empty, that is assigned after another one is an
    /// error (guc hooks of xlogrecovery.c, error_multiple_recovery_targets).
    /// </summary>
    private static readonly string[] Targets =
        ["recovery_target", "recovery_target_lsn", "recovery_target_name", "recovery_target_time", "recovery_target_xid"];

    /// <summary>
    /// What would start the copy's settings on the original's data, or write over a file of the original's. Taken out, too: a server
    /// whose external_pid_file is set to nothing complains at each start that it cannot write to that (postmaster.c).
    /// </summary>
    private static readonly string[] Places = ["data_directory", ExternalPidFile];

    /// <summary>Writes all files; returns what the operator should know.</summary>
    public IReadOnlyList<string> Write(string directory, ControlFile control)
    {
        var remarks = new List<string>();
        WriteMissingFiles(directory, remarks);
        var kind = options.AsStandby ? RecoveryKind.Standby : RecoveryKind.Restore;
        foreach (var stale in RecoveryConf.FilesToRemove(kind, version))
            File.Delete(Path.Combine(directory, stale));
        var recovery = RecoveryConf.Render(kind, RecoverySettings(), version);
        AtomicFile.Write(Path.Combine(directory, recovery.File.Name), recovery.File.Content);

        var main = Read(Path.Combine(directory, MainConf));
        var auto = WithoutTargetsAndPlaces(Read(Path.Combine(directory, AutoConf)));
        var untargeted = WithoutTargetsAndPlaces(main);
        if (untargeted.ToString() != main.ToString())
            AtomicFile.Write(Path.Combine(directory, MainConf), untargeted.ToString());
        var written = Harmless
            .Where(setting => setting.Since <= version.Major && version.Major <= setting.Until)
            .Aggregate(auto, static (conf, setting) => conf.Set(setting.Name, setting.Value, Reason));
        if (MayBeIncluded(main, directory, ExternalPidFile))
            written = written.Set(ExternalPidFile, "", Reason);
        foreach (var (name, value) in Minimums(control, main, auto).Concat(recovery.Settings).Concat(RestoredAddress.Settings(options)))
            written = written.Set(name, value, Reason);
        AtomicFile.Write(Path.Combine(directory, AutoConf), written.ToString());
        remarks.Add(
            "archiving, synchronous replication and subscriptions are off in postgresql.auto.conf: set them again in its final place");
        return remarks;
    }

    private static PostgresConf WithoutTargetsAndPlaces(PostgresConf conf) =>
        Targets.Concat(Places).Aggregate(conf, static (rest, name) => rest.Remove(name));

    /// <summary>Whether an included file says it, or is none of the copied ones and may.</summary>
    private static bool MayBeIncluded(PostgresConf main, string directory, string name) => main.Includes.Any(include =>
    {
        var path = Path.Combine(directory, include.Path);
        var isCopied = include.Kind != ConfIncludeKind.Directory && Path.GetFileName(include.Path) == include.Path;
        if (!isCopied || !Presence.OfFile(path))
            return true;
        var included = Read(path);
        return included.Get(name) is not null || included.Includes.Any();
    });

    /// <summary>By their names in 12 and later.</summary>
    private Dictionary<string, string> RecoverySettings()
    {
        var fetch = new FetchWalOptions(Path.GetFullPath(repository), plan.Snapshot.System)
        {
            Timeline = options.AsStandby ? null : plan.Path.Timeline,
            EndsAt = options.AsStandby ? null : plan.ReplayEndsAt,
            AsStandby = options.AsStandby,
        };
        var settings = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["restore_command"] = FetchWalCommand.Render(options.FetchProgram, fetch),
            ["recovery_target_timeline"] = options.AsStandby ? "latest" : plan.Path.Timeline.ToString(),
        };
        if (options.AsStandby && options.PrimaryConninfo is { } conninfo)
            settings["primary_conninfo"] = conninfo;
        if (options.AsStandby && options.PrimarySlotName is { } slot)
            settings["primary_slot_name"] = slot;
        AddTarget(settings);
        return settings;
    }

    private void AddTarget(Dictionary<string, string> settings)
    {
        var target = plan.StopsAt ?? plan.Target;
        if (target.Kind == RestoreTargetKind.Latest)
            return;
        var (name, value) = target.Kind switch
        {
            RestoreTargetKind.Lsn => ("recovery_target_lsn", target.Lsn!.Value.ToString()),
            RestoreTargetKind.Xid => ("recovery_target_xid", ((uint)target.Xid!.Value).ToString(CultureInfo.InvariantCulture)),
            RestoreTargetKind.Name => ("recovery_target_name", target.Name!),
            RestoreTargetKind.Immediate => ("recovery_target", "immediate"),
            _ => ("recovery_target_time", target.Time!.Value.ToUniversalTime()
                .ToString("yyyy-MM-dd HH:mm:ss.ffffff'+00'", CultureInfo.InvariantCulture)),
        };
        settings[name] = value;
        settings["recovery_target_action"] = target.Action.ToString().ToLowerInvariant();
        if (target.Kind is RestoreTargetKind.Lsn or RestoreTargetKind.Time or RestoreTargetKind.Xid)
            settings["recovery_target_inclusive"] = target.Inclusive ? "on" : "off";
    }

    /// <summary>
    /// Recovery refuses to go on as hot standby where these are lower than they were on the primary; pg_control remembers what they
    /// were. Larger values in the copied files are kept.
    /// </summary>
    private IEnumerable<KeyValuePair<string, string>> Minimums(ControlFile control, PostgresConf main, PostgresConf auto)
    {
        foreach (var fact in SettingCatalogue.StandbyMinimums(version))
        {
            var needed = fact.Name switch
            {
                "max_connections" => control.MaxConnections,
                "max_worker_processes" => control.MaxWorkerProcesses,
                "max_wal_senders" => control.MaxWalSenders,
                "max_prepared_transactions" => control.MaxPreparedTransactions,
                _ => control.MaxLocksPerTransaction,
            };
            // An included file may say anything: then the answer is written down, where nothing can overrule it.
            var configured = auto.Get(fact.Name) ?? (main.Includes.Any() ? null : main.Get(fact.Name));
            if (needed > 0 && !(long.TryParse(configured, CultureInfo.InvariantCulture, out var value) && value >= needed))
                yield return new(fact.Name, needed.ToString(CultureInfo.InvariantCulture));
        }
    }

    /// <summary>Debian keeps these outside of the data directory, so a backup does not have them.</summary>
    private static void WriteMissingFiles(string directory, List<string> remarks)
    {
        Add(MainConf, "# The original's postgresql.conf was outside of its data directory and is not in the backup.\n");
        Add("pg_hba.conf", "# The original pg_hba.conf was outside of its data directory, so not in the backup.\nlocal all all peer\n");
        Add("pg_ident.conf", "# The original's pg_ident.conf was outside of its data directory and is not in the backup.\n");

        void Add(string name, string content)
        {
            var path = Path.Combine(directory, name);
            if (Presence.OfFile(path))
                return;
            AtomicFile.Write(path, content);
            remarks.Add($"{name} was not in the backup; a minimal one was written");
        }
    }

    private static PostgresConf Read(string path) =>
        Presence.OfFile(path) ? PostgresConf.Parse(File.ReadAllText(path), path) : PostgresConf.Empty;
}
