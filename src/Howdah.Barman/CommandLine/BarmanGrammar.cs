namespace Howdah.Barman.CommandLine;

/// <summary>
/// The commands and options of Barman 3.17 that Howdah answers. Names, arities and accepted values are Barman's; the texts are ours.
/// What is taken and changes nothing says "accepted" first.
/// </summary>
internal static class BarmanGrammar
{
    public static readonly IReadOnlyList<OptionSpec> GlobalOptions =
    [
        new(["-h", "--help"], OptionArgument.None, "show this text and exit"),
        new(["-v", "--version"], OptionArgument.None, "show the version and exit"),
        new(
            ["-c", "--config"],
            OptionArgument.Required,
            "the cluster file to use (default: looked for as howdah does)") { Placeholder = "CONFIG" },
        new(["--color", "--colour"], OptionArgument.Required, "when to colour the output") { Choices = ["never", "always", "auto"] },
        new(["--log-level"], OptionArgument.Required, "accepted; nothing is logged beside what is printed")
        {
            Choices = ["NOTSET", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"],
        },
        new(["-q", "--quiet"], OptionArgument.None, "print errors and warnings only"),
        new(["-d", "--debug"], OptionArgument.None, "print debug messages on standard error"),
        new(["-f", "--format"], OptionArgument.Required, "how to print results") { Choices = ["console", "json"] },
    ];

    public static readonly IReadOnlyList<CommandSpec> Commands =
    [
        Servers(["backup"], "Take a base backup of the given servers ('all' for every one)",
        [
            new(["--immediate-checkpoint"], OptionArgument.None, "start with a fast checkpoint") { Excludes = "--no-immediate-checkpoint" },
            new(
                ["--no-immediate-checkpoint"],
                OptionArgument.None,
                "start with a spread checkpoint") { Excludes = "--immediate-checkpoint" },
            Count("--retry-times", "RETRY_TIMES", "accepted; a failed copy is not retried"),
            Count("--retry-sleep", "RETRY_SLEEP", "accepted, as --retry-times"),
            new(["--no-retry"], OptionArgument.None, "accepted, as --retry-times"),
            new(
                ["--jobs", "-j"],
                OptionArgument.Required,
                "accepted; one stream saturates the link") { Placeholder = "NJOBS", IsCount = true },
            Count("--jobs-start-batch-period", "SECONDS", "accepted, as --jobs"),
            Count("--jobs-start-batch-size", "SIZE", "accepted, as --jobs"),
            new(["--incremental"], OptionArgument.Required, "refused: every backup is complete in itself") { Placeholder = "BACKUP_ID" },
            new(
                ["--reuse-backup"],
                OptionArgument.Optional,
                "refused unless 'off', as --incremental") { Choices = ["copy", "link", "off"] },
            new(["--manifest"], OptionArgument.None, "accepted; a manifest is always kept"),
            new(["--no-manifest"], OptionArgument.None, "accepted, as --manifest"),
            Count("--bwlimit", "KBPS", "highest rate in kilobytes per second; 0 means no limit"),
            new(["--wait", "-w"], OptionArgument.None, "wait until the WAL that the backup needs is in the repository"),
            Count("--wait-timeout", "TIMEOUT", "seconds to wait for that WAL"),
            Count("--keepalive-interval", "INTERVAL", "accepted; the connection is kept alive by TCP"),
            new(
                ["--name"],
                OptionArgument.Required,
                "a name that later commands can use instead of the id") { Placeholder = "BACKUP_NAME" },
            Count("--check-timeout", "TIMEOUT", "accepted; the check before the backup is not cut short"),
        ]),
        Servers(
            ["check"], "Check that the given servers are configured and protected", [Flag("--nagios", "print as a Nagios plugin does")]),
        new(["help"], "Show this text and exit", []),
        Servers(["list-backups", "list-backup"], "List the backups of the given servers", [Flag("--minimal", "print only the ids")]),
        new(["list-servers", "list-server"], "List the configured servers", [Flag("--minimal", "print only the names")]),
        Servers(["replication-status"], "Show the clients that stream WAL from the given servers",
        [
            Flag("--minimal", "one line for each client"),
            new(["--target"], OptionArgument.Required, "which clients to show") { Choices = ["all", "hot-standby", "wal-streamer"] },
            new(
                ["--source"],
                OptionArgument.Required,
                "accepted; it is always the primary that is asked") { Choices = ["backup-host", "wal-host"] },
        ]),
        new(["show-backup", "show-backups"], "Show one backup", []) { Positionals = ["server_name", "backup_id"] },
        Servers(["status"], "Show the state of the given servers", []),
        Servers(["switch-wal", "switch-xlog"], "Close the current WAL segment of the given servers",
        [
            Flag("--force", "make a checkpoint first, so that there is something to switch"),
            Flag("--archive", "wait until the closed segment is in the repository"),
            Count("--archive-timeout", "TIMEOUT", "seconds to wait for it (default: 30)"),
        ]),
    ];

    /// <summary>Commands of Barman 3.17 that Howdah does not answer yet, so that the message can say so.</summary>
    public static readonly IReadOnlySet<string> NotYetAnswered = new HashSet<string>(StringComparer.Ordinal)
    {
        "archive-wal", "check-backup", "check-wal-archive", "config-switch", "config-update", "cron", "delete", "diagnose",
        "generate-manifest", "get-wal", "keep", "list-files", "list-process", "list-processes", "lock-directory-cleanup", "put-wal",
        "rebuild-xlogdb", "receive-wal", "recover", "restore", "show-server", "show-servers", "sync-backup", "sync-info", "sync-wals",
        "terminate-process", "verify", "verify-backup",
    };

    /// <summary>The command of that name or alias; null where there is none.</summary>
    public static CommandSpec? Find(string name) =>
        Commands.FirstOrDefault(command => command.Names.Contains(name, StringComparer.Ordinal));

    private static CommandSpec Servers(IReadOnlyList<string> names, string help, IReadOnlyList<OptionSpec> options) =>
        new(names, help, options) { Positionals = ["server_name"], LastRepeats = true };

    private static OptionSpec Flag(string name, string help) => new([name], OptionArgument.None, help);

    private static OptionSpec Count(string name, string placeholder, string help) =>
        new([name], OptionArgument.Required, help) { Placeholder = placeholder, IsCount = true };
}
