namespace Howdah.Core.Errors;

/// <summary>Every operating error of the product. Numbers are grouped by area and never reused.</summary>
public static class ErrorCodes
{
    // 1xx: configuration and usage
    public static readonly ErrorCode ConfigurationInvalid = new(
        101, "configuration-invalid", ExitCode.Configuration, MayRetry: false,
        "the cluster file has problems; all of them are listed with line and column",
        "correct what it names; howdah config check tells whether all is right");
    public static readonly ErrorCode ConfigurationNotFound = new(
        102, "configuration-not-found", ExitCode.Configuration, MayRetry: false,
        "no cluster file was found in any of the places that were looked at",
        "name it with --config, or put it in one of the places that the message names");
    public static readonly ErrorCode ConnectionStringInvalid = new(
        103, "connection-string-invalid", ExitCode.Configuration, MayRetry: false,
        "a libpq connection string does not follow its grammar",
        "correct the connection string at the position that the message names");
    public static readonly ErrorCode UsageInvalid = new(
        104, "usage-invalid", ExitCode.Usage, MayRetry: false,
        "the command line cannot be carried out as written",
        "see the command's --help");
    public static readonly ErrorCode SettingsFileInvalid = new(
        105, "settings-file-invalid", ExitCode.Configuration, MayRetry: false,
        "postgresql.conf, pg_hba.conf or another file of PostgreSQL's cannot be read; the message names the line",
        "correct the line that the message names");

    // 2xx: PostgreSQL, the wire
    public static readonly ErrorCode ServerUnreachable = new(
        201, "server-unreachable", ExitCode.Unreachable, MayRetry: true,
        "no connection to the server could be made",
        "see whether the server runs and the address is right: howdah status");
    public static readonly ErrorCode AuthenticationFailed = new(
        202, "authentication-failed", ExitCode.Authentication, MayRetry: false,
        "the server refused the user, the password or the certificate",
        "see howdah status; after howdah cert revoke, a host that may come back joins again with a new token");
    public static readonly ErrorCode TlsFailed = new(
        203, "tls-failed", ExitCode.Authentication, MayRetry: false,
        "TLS could not be agreed on, or the server's certificate was not accepted",
        "see howdah cert, and whether the clocks of both hosts are right");
    public static readonly ErrorCode ConnectionLost = new(
        204, "connection-lost", ExitCode.Unreachable, MayRetry: true,
        "the server closed the connection, or it broke",
        "nothing, where it is tried again by itself; else see the server's log");
    public static readonly ErrorCode ProtocolViolation = new(
        205, "protocol-violation", ExitCode.Failed, MayRetry: false,
        "the peer sent bytes that the PostgreSQL protocol does not allow; the message names the position",
        "see what stands between the two, such as a proxy; else report it with the message");
    public static readonly ErrorCode ServerError = new(
        206, "server-error", ExitCode.Failed, MayRetry: false,
        "PostgreSQL answered with an error; the message holds its SQLSTATE and text",
        "look the SQLSTATE up in PostgreSQL's manual, appendix A");
    public static readonly ErrorCode ServerTimeout = new(
        207, "server-timeout", ExitCode.Timeout, MayRetry: true,
        "the server did not answer in time",
        "see the load of the server and the network, and try again");
    public static readonly ErrorCode ServerVersionUnsupported = new(
        208, "server-version-unsupported", ExitCode.Unsupported, MayRetry: false,
        "PostgreSQL is older than 11 or newer than this Howdah knows",
        "use PostgreSQL 11 to 18, or a newer Howdah");
    public static readonly ErrorCode ForeignSystem = new(
        209, "foreign-system", ExitCode.Refused, MayRetry: false,
        "the server's system identifier is not the one of this cluster",
        "the address leads to another database: correct it; a new database needs a new repository");

    // 3xx: PostgreSQL, the process and its files
    public static readonly ErrorCode InstallationNotFound = new(
        301, "installation-not-found", ExitCode.Configuration, MayRetry: false,
        "no PostgreSQL installation of the wanted major version was found",
        "install that major version, or name its directory in bin_directory");
    public static readonly ErrorCode ServerStartFailed = new(
        302, "server-start-failed", ExitCode.Failed, MayRetry: false,
        "PostgreSQL did not start; the message quotes its log",
        "see what its log says, of which the message quotes the end");
    public static readonly ErrorCode ServerStopFailed = new(
        303, "server-stop-failed", ExitCode.Failed, MayRetry: true,
        "PostgreSQL did not stop in time",
        "see what holds it in its log, and try again");
    public static readonly ErrorCode InitializationFailed = new(
        304, "initialization-failed", ExitCode.Failed, MayRetry: false,
        "initdb failed; the message quotes it",
        "see what initdb says: mostly the disk, or a locale that is not there");
    public static readonly ErrorCode FileFormatInvalid = new(
        305, "file-format-invalid", ExitCode.Corruption, MayRetry: false,
        "a file of PostgreSQL's is malformed; the message names the position",
        "restore it from a backup: howdah restore");
    public static readonly ErrorCode PrivilegeDropFailed = new(
        306, "privilege-drop-failed", ExitCode.Failed, MayRetry: false,
        "running as root, and the unprivileged user could not be taken on",
        "make the user postgres (PostgreSQL's package does), or run as the user that is to run the servers");
    public static readonly ErrorCode AccessDenied = new(
        307, "access-denied", ExitCode.Denied, MayRetry: true,
        "the operating system does not let this user look at, read or write something; the message names it",
        "run it as root or as the user postgres, or change the rights of what it names");
    public static readonly ErrorCode ProgramUnreachable = new(
        308, "program-unreachable", ExitCode.Configuration, MayRetry: false,
        "servers and the service in the background have to run this program, and their user cannot reach its file",
        "put the program where everybody may run it: install -m 755 howdah /usr/local/bin");

    // 4xx: repository and WAL
    public static readonly ErrorCode RepositoryInvalid = new(
        401, "repository-invalid", ExitCode.Repository, MayRetry: false,
        "the directory is no repository, or one of a format this Howdah does not know",
        "name the right directory; of a newer format only a newer Howdah knows");
    public static readonly ErrorCode RepositoryUnavailable = new(
        402, "repository-unavailable", ExitCode.Repository, MayRetry: true,
        "the repository could not be read or written",
        "see the disk that the repository is on, and whether it is mounted");
    public static readonly ErrorCode WalGap = new(
        403, "wal-gap", ExitCode.Corruption, MayRetry: false,
        "WAL that was needed can no longer be had: the repository has a gap",
        "take a base backup, behind the gap: howdah backup; howdah wal gaps shows it");
    public static readonly ErrorCode WalInvalid = new(
        404, "wal-invalid", ExitCode.Corruption, MayRetry: false,
        "WAL does not hold what its name says; the message names the position",
        "take a base backup now: howdah backup; then see the disk, and the memory");
    public static readonly ErrorCode WalNotFound = new(
        405, "wal-not-found", ExitCode.NotFound, MayRetry: false,
        "the repository was read and does not hold the WAL file",
        "see what is there: howdah wal list, howdah wal gaps");
    public static readonly ErrorCode SnapshotNotFound = new(
        406, "snapshot-not-found", ExitCode.NotFound, MayRetry: false,
        "the repository holds no such snapshot",
        "see what is there: howdah backups");
    public static readonly ErrorCode SnapshotCorrupt = new(
        407, "snapshot-corrupt", ExitCode.Corruption, MayRetry: false,
        "a snapshot does not hold what its record or manifest says",
        "use another snapshot, take a new one, and see the disk");
    public static readonly ErrorCode DiskFull = new(
        408, "disk-full", ExitCode.DiskFull, MayRetry: true,
        "the filesystem has no space left",
        "make room on it; what was interrupted goes on by itself");
    public static readonly ErrorCode Locked = new(
        409, "locked", ExitCode.Busy, MayRetry: true,
        "another process does the same thing now",
        "wait until it is through; the message names the process");
    public static readonly ErrorCode SlotUnusable = new(
        410, "slot-unusable", ExitCode.Failed, MayRetry: false,
        "the replication slot is missing, taken or invalidated",
        "see howdah slots; howdah up, or the agents, make it anew");

    // 5xx: backup, restore, drill
    public static readonly ErrorCode BackupFailed = new(
        501, "backup-failed", ExitCode.Failed, MayRetry: true,
        "the base backup did not complete; nothing of it was kept",
        "take it again once the cause that it quotes is gone");
    public static readonly ErrorCode PageChecksumFailed = new(
        502, "page-checksum-failed", ExitCode.Corruption, MayRetry: false,
        "pages of the database do not match their checksums; the message names file and block",
        "see the disk; restore the table from a snapshot that is clean");
    public static readonly ErrorCode RestoreRefused = new(
        503, "restore-refused", ExitCode.Refused, MayRetry: false,
        "the restore would write over something, or cannot reach its target",
        "give a directory that is empty or not there yet; the message says what else stands in the way");
    public static readonly ErrorCode RestoreTargetUnreachable = new(
        504, "restore-target-unreachable", ExitCode.NotFound, MayRetry: false,
        "no snapshot and WAL in the repository lead to the recovery target",
        "see what can be reached: howdah restore --plan, howdah wal gaps");
    public static readonly ErrorCode DrillFailed = new(
        505, "drill-failed", ExitCode.Failed, MayRetry: false,
        "a restored copy did not start, or did not hold what it should",
        "do not count on the backups until you know why; the message quotes the log");
    public static readonly ErrorCode DrillQueryFailed = new(
        506, "drill-query-failed", ExitCode.Failed, MayRetry: false,
        "a copy was restored and started, and could not carry out the query that it was asked",
        "correct the query; the copy itself was there");

    // 6xx: cluster; 604 was never reported
    public static readonly ErrorCode ClusterNotFound = new(
        601, "cluster-not-found", ExitCode.NotFound, MayRetry: false,
        "nothing of the cluster is in place on this machine",
        "bring it up: howdah up, or on several hosts howdah init and howdah join");
    public static readonly ErrorCode NodeNotFound = new(
        602, "node-not-found", ExitCode.NotFound, MayRetry: false,
        "the cluster file names no such node or host",
        "use one of the names in the hint");
    public static readonly ErrorCode ConvergenceFailed = new(
        603, "convergence-failed", ExitCode.Failed, MayRetry: true,
        "a step of the plan failed; run again to go on from there",
        "see why in the message, and run it again");
    public static readonly ErrorCode Refused = new(
        605, "refused", ExitCode.Refused, MayRetry: false,
        "the action would lose something, does not fit this cluster, or nobody said yes to it; the message says which",
        "see what it would lose, and whether you mean it; the hint names the way");

    public static readonly ErrorCode AgentUnreachable = new(
        606, "agent-unreachable", ExitCode.Unreachable, MayRetry: true,
        "the agent of another host did not answer",
        "see whether it runs there: systemctl status howdah-agent");
    public static readonly ErrorCode AgentRefused = new(
        607, "agent-refused", ExitCode.Refused, MayRetry: false,
        "the agent of another host does not do what was asked",
        "see why in the message, or run the command on that host");

    public static readonly ErrorCode AdoptionRefused = new(
        608, "adoption-refused", ExitCode.Refused, MayRetry: false,
        "the cluster file and the servers that run do not fit together; each difference is told with what to do",
        "each difference is told with what to do");

    // 7xx: trust between hosts
    public static readonly ErrorCode AuthorityExists = new(
        701, "authority-exists", ExitCode.Refused, MayRetry: false,
        "the host has an authority already, and it is never replaced",
        "keep it: hosts trust it");
    public static readonly ErrorCode AuthorityMissing = new(
        702, "authority-missing", ExitCode.NotFound, MayRetry: false,
        "the cluster's authority, or its key, is not on this host",
        "run it on the host that howdah init was run on");
    public static readonly ErrorCode AuthorityMismatch = new(
        703, "authority-mismatch", ExitCode.Authentication, MayRetry: false,
        "an authority's certificate is not the one that the token names",
        "join through the host that issued the token");
    public static readonly ErrorCode TrustFileInvalid = new(
        704, "trust-file-invalid", ExitCode.Corruption, MayRetry: false,
        "a key, certificate or list of the cluster's authority cannot be read",
        "put the file back, or join again with a new token");
    public static readonly ErrorCode TrustUnavailable = new(
        705, "trust-unavailable", ExitCode.Failed, MayRetry: true,
        "the directory of keys and certificates could not be read or written",
        "see the disk and the rights of the directory trust");
    public static readonly ErrorCode CertificateRequestInvalid = new(
        706, "certificate-request-invalid", ExitCode.Refused, MayRetry: false,
        "a certificate request is malformed, or its key is of a kind that is not signed",
        "use one version of Howdah on both hosts");
    public static readonly ErrorCode CertificateRefused = new(
        707, "certificate-refused", ExitCode.Authentication, MayRetry: false,
        "a certificate is not accepted; the message says why",
        "see howdah cert; where it has expired or was revoked, join again with a new token");
    public static readonly ErrorCode TokenInvalid = new(
        708, "token-invalid", ExitCode.Usage, MayRetry: false,
        "the text is no join token, or only a part of one",
        "copy the whole token, in one line, as it was printed");
    public static readonly ErrorCode TokenUnknown = new(
        709, "token-unknown", ExitCode.Authentication, MayRetry: false,
        "no such join token was issued, or it is long forgotten",
        "issue a new one: howdah token HOST");
    public static readonly ErrorCode TokenExpired = new(
        710, "token-expired", ExitCode.Authentication, MayRetry: false,
        "the join token was not used in time",
        "issue a new one: howdah token HOST");
    public static readonly ErrorCode TokenUsed = new(
        711, "token-used", ExitCode.Authentication, MayRetry: false,
        "the join token was used before; it works once",
        "if it was not you, howdah cert revoke HOST; then a new token");
    public static readonly ErrorCode TokenForOtherHost = new(
        712, "token-for-other-host", ExitCode.Authentication, MayRetry: false,
        "the join token was issued for another host",
        "issue one for this host: howdah token HOST");
    public static readonly ErrorCode TrustLimitReached = new(
        713, "trust-limit-reached", ExitCode.Refused, MayRetry: true,
        "there are as many join tokens, or signed or revoked certificates, as there may be",
        "wait a minute; where it goes on, the agent's log tells who tries");

    /// <summary>All codes in the order of their numbers.</summary>
    public static IReadOnlyList<ErrorCode> All { get; } =
    [
        ConfigurationInvalid, ConfigurationNotFound, ConnectionStringInvalid, UsageInvalid, SettingsFileInvalid,
        ServerUnreachable, AuthenticationFailed, TlsFailed, ConnectionLost, ProtocolViolation, ServerError, ServerTimeout,
        ServerVersionUnsupported, ForeignSystem,
        InstallationNotFound, ServerStartFailed, ServerStopFailed, InitializationFailed, FileFormatInvalid, PrivilegeDropFailed,
        AccessDenied, ProgramUnreachable,
        RepositoryInvalid, RepositoryUnavailable, WalGap, WalInvalid, WalNotFound, SnapshotNotFound, SnapshotCorrupt, DiskFull, Locked,
        SlotUnusable,
        BackupFailed, PageChecksumFailed, RestoreRefused, RestoreTargetUnreachable, DrillFailed, DrillQueryFailed,
        ClusterNotFound, NodeNotFound, ConvergenceFailed, Refused, AgentUnreachable, AgentRefused, AdoptionRefused,
        AuthorityExists, AuthorityMissing, AuthorityMismatch, TrustFileInvalid, TrustUnavailable,
        CertificateRequestInvalid, CertificateRefused,
        TokenInvalid, TokenUnknown, TokenExpired, TokenUsed, TokenForOtherHost, TrustLimitReached,
    ];
}
