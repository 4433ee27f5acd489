namespace Howdah.Core.Errors;

/// <summary>Every operating error of the product. Numbers are grouped by area and never reused.</summary>
public static class ErrorCodes
{
    // 1xx: configuration and usage
    public static readonly ErrorCode ConfigurationInvalid = new(101, "configuration-invalid", ExitCode.Configuration, MayRetry: false, "the cluster file has problems; all of them are listed with line and column");
    public static readonly ErrorCode ConfigurationNotFound = new(102, "configuration-not-found", ExitCode.Configuration, MayRetry: false, "no cluster file was found in any of the places that were looked at");
    public static readonly ErrorCode ConnectionStringInvalid = new(
        103, "connection-string-invalid", ExitCode.Configuration, MayRetry: false, "a libpq connection string does not follow its grammar");
    public static readonly ErrorCode UsageInvalid = new(
        104, "usage-invalid", ExitCode.Usage, MayRetry: false, "the command line cannot be carried out as written");
    public static readonly ErrorCode SettingsFileInvalid = new(105, "settings-file-invalid", ExitCode.Configuration, MayRetry: false, "postgresql.conf, pg_hba.conf or another file of PostgreSQL's cannot be read; the message names the line");

    // 2xx: PostgreSQL, the wire
    public static readonly ErrorCode ServerUnreachable = new(
        201, "server-unreachable", ExitCode.Unreachable, MayRetry: true, "no connection to the server could be made");
    public static readonly ErrorCode AuthenticationFailed = new(202, "authentication-failed", ExitCode.Authentication, MayRetry: false, "the server refused the user, the password or the certificate");
    public static readonly ErrorCode TlsFailed = new(203, "tls-failed", ExitCode.Authentication, MayRetry: false, "TLS could not be agreed on, or the server's certificate was not accepted");
    public static readonly ErrorCode ConnectionLost = new(
        204, "connection-lost", ExitCode.Unreachable, MayRetry: true, "the server closed the connection, or it broke");
    public static readonly ErrorCode ProtocolViolation = new(205, "protocol-violation", ExitCode.Failed, MayRetry: false, "the peer sent bytes that the PostgreSQL protocol does not allow; the message names the position");
    public static readonly ErrorCode ServerError = new(206, "server-error", ExitCode.Failed, MayRetry: false, "PostgreSQL answered with an error; the message holds its SQLSTATE and text");
    public static readonly ErrorCode ServerTimeout = new(
        207, "server-timeout", ExitCode.Timeout, MayRetry: true, "the server did not answer in time");
    public static readonly ErrorCode ServerVersionUnsupported = new(208, "server-version-unsupported", ExitCode.Unsupported, MayRetry: false, "PostgreSQL is older than 11 or newer than this Howdah knows");
    public static readonly ErrorCode ForeignSystem = new(
        209, "foreign-system", ExitCode.Refused, MayRetry: false, "the server's system identifier is not the one of this cluster");

    // 3xx: PostgreSQL, the process and its files
    public static readonly ErrorCode InstallationNotFound = new(301, "installation-not-found", ExitCode.Configuration, MayRetry: false, "no PostgreSQL installation of the wanted major version was found");
    public static readonly ErrorCode ServerStartFailed = new(
        302, "server-start-failed", ExitCode.Failed, MayRetry: false, "PostgreSQL did not start; the message quotes its log");
    public static readonly ErrorCode ServerStopFailed = new(
        303, "server-stop-failed", ExitCode.Failed, MayRetry: true, "PostgreSQL did not stop in time");
    public static readonly ErrorCode InitializationFailed = new(
        304, "initialization-failed", ExitCode.Failed, MayRetry: false, "initdb failed; the message quotes it");
    public static readonly ErrorCode FileFormatInvalid = new(305, "file-format-invalid", ExitCode.Corruption, MayRetry: false, "a file of PostgreSQL's is malformed; the message names the position");
    public static readonly ErrorCode PrivilegeDropFailed = new(
        306, "privilege-drop-failed", ExitCode.Failed, MayRetry: false, "running as root, and the unprivileged user could not be taken on");
    public static readonly ErrorCode AccessDenied = new(307, "access-denied", ExitCode.Denied, MayRetry: true, "the operating system does not let this user look at, read or write something; the message names it");
    public static readonly ErrorCode ProgramUnreachable = new(
        308, "program-unreachable", ExitCode.Configuration, MayRetry: false, "servers and the service in the background have to run this program, and their user cannot reach its file");

    // 4xx: repository and WAL
    public static readonly ErrorCode RepositoryInvalid = new(401, "repository-invalid", ExitCode.Repository, MayRetry: false, "the directory is no repository, or one of a format this Howdah does not know");
    public static readonly ErrorCode RepositoryUnavailable = new(
        402, "repository-unavailable", ExitCode.Repository, MayRetry: true, "the repository could not be read or written");
    public static readonly ErrorCode WalGap = new(
        403, "wal-gap", ExitCode.Corruption, MayRetry: false, "WAL that was needed can no longer be had: the repository has a gap");
    public static readonly ErrorCode WalInvalid = new(
        404, "wal-invalid", ExitCode.Corruption, MayRetry: false, "WAL does not hold what its name says; the message names the position");
    public static readonly ErrorCode WalNotFound = new(
        405, "wal-not-found", ExitCode.NotFound, MayRetry: false, "the repository was read and does not hold the WAL file");
    public static readonly ErrorCode SnapshotNotFound = new(
        406, "snapshot-not-found", ExitCode.NotFound, MayRetry: false, "the repository holds no such snapshot");
    public static readonly ErrorCode SnapshotCorrupt = new(
        407, "snapshot-corrupt", ExitCode.Corruption, MayRetry: false, "a snapshot does not hold what its record or manifest says");
    public static readonly ErrorCode DiskFull = new(
        408, "disk-full", ExitCode.DiskFull, MayRetry: true, "the filesystem has no space left");
    public static readonly ErrorCode Locked = new(409, "locked", ExitCode.Busy, MayRetry: true, "another process does the same thing now");
    public static readonly ErrorCode SlotUnusable = new(
        410, "slot-unusable", ExitCode.Failed, MayRetry: false, "the replication slot is missing, taken or invalidated");

    // 5xx: backup, restore, drill
    public static readonly ErrorCode BackupFailed = new(
        501, "backup-failed", ExitCode.Failed, MayRetry: true, "the base backup did not complete; nothing of it was kept");
    public static readonly ErrorCode PageChecksumFailed = new(502, "page-checksum-failed", ExitCode.Corruption, MayRetry: false, "pages of the database do not match their checksums; the message names file and block");
    public static readonly ErrorCode RestoreRefused = new(
        503, "restore-refused", ExitCode.Refused, MayRetry: false, "the restore would write over something, or cannot reach its target");
    public static readonly ErrorCode RestoreTargetUnreachable = new(504, "restore-target-unreachable", ExitCode.NotFound, MayRetry: false, "no snapshot and WAL in the repository lead to the recovery target");
    public static readonly ErrorCode DrillFailed = new(
        505, "drill-failed", ExitCode.Failed, MayRetry: false, "a restored copy did not start, or did not hold what it should");
    public static readonly ErrorCode DrillQueryFailed = new(506, "drill-query-failed", ExitCode.Failed, MayRetry: false, "a copy was restored and started, and could not carry out the query that it was asked");

    // 6xx: cluster
    public static readonly ErrorCode ClusterNotFound = new(
        601, "cluster-not-found", ExitCode.NotFound, MayRetry: false, "nothing of the cluster is in place on this machine");
    public static readonly ErrorCode NodeNotFound = new(
        602, "node-not-found", ExitCode.NotFound, MayRetry: false, "the cluster file names no such node");
    public static readonly ErrorCode ConvergenceFailed = new(
        603, "convergence-failed", ExitCode.Failed, MayRetry: true, "a step of the plan failed; run again to go on from there");
    public static readonly ErrorCode NotProtected = new(
        604, "not-protected", ExitCode.Failed, MayRetry: true, "the proof that the cluster is protected did not succeed");
    public static readonly ErrorCode Refused = new(
        605, "refused", ExitCode.Refused, MayRetry: false, "the action would lose something; the message says what");

    public static readonly ErrorCode AgentUnreachable = new(
        606, "agent-unreachable", ExitCode.Unreachable, MayRetry: true, "the agent of another host did not answer");
    public static readonly ErrorCode AgentRefused = new(
        607, "agent-refused", ExitCode.Refused, MayRetry: false, "the agent of another host does not do what was asked");

    public static readonly ErrorCode AdoptionRefused = new(
        608, "adoption-refused", ExitCode.Refused, MayRetry: false, "the cluster file and the servers that run do not fit together; each difference is told with what to do");

    // 7xx: trust between hosts
    public static readonly ErrorCode AuthorityExists = new(
        701, "authority-exists", ExitCode.Refused, MayRetry: false, "the host has a certificate authority already, and it is never replaced");
    public static readonly ErrorCode AuthorityMissing = new(
        702, "authority-missing", ExitCode.NotFound, MayRetry: false, "the cluster's CA, or its key, is not on this host");
    public static readonly ErrorCode AuthorityMismatch = new(
        703, "authority-mismatch", ExitCode.Authentication, MayRetry: false, "a CA certificate is not the one that the token names");
    public static readonly ErrorCode TrustFileInvalid = new(
        704, "trust-file-invalid", ExitCode.Corruption, MayRetry: false, "a key, certificate or list of the cluster's CA cannot be read");
    public static readonly ErrorCode TrustUnavailable = new(
        705, "trust-unavailable", ExitCode.Failed, MayRetry: true, "the directory of keys and certificates could not be read or written");
    public static readonly ErrorCode CertificateRequestInvalid = new(
        706, "certificate-request-invalid", ExitCode.Refused, MayRetry: false, "a certificate request is malformed, or its key is of a kind that is not signed");
    public static readonly ErrorCode CertificateRefused = new(
        707, "certificate-refused", ExitCode.Authentication, MayRetry: false, "a certificate is not accepted; the message says why");
    public static readonly ErrorCode TokenInvalid = new(
        708, "token-invalid", ExitCode.Usage, MayRetry: false, "the text is no join token, or only a part of one");
    public static readonly ErrorCode TokenUnknown = new(
        709, "token-unknown", ExitCode.Authentication, MayRetry: false, "no such join token was issued, or it is long forgotten");
    public static readonly ErrorCode TokenExpired = new(
        710, "token-expired", ExitCode.Authentication, MayRetry: false, "the join token was not used in time");
    public static readonly ErrorCode TokenUsed = new(
        711, "token-used", ExitCode.Authentication, MayRetry: false, "the join token was used before; it works once");
    public static readonly ErrorCode TokenForOtherHost = new(
        712, "token-for-other-host", ExitCode.Authentication, MayRetry: false, "the join token was issued for another host");
    public static readonly ErrorCode TrustLimitReached = new(
        713, "trust-limit-reached", ExitCode.Refused, MayRetry: true, "there are as many join tokens, or signed or revoked certificates, as there may be");

    /// <summary>All codes in the order of their numbers.</summary>
    public static IReadOnlyList<ErrorCode> All { get; } =
    [
        ConfigurationInvalid, ConfigurationNotFound, ConnectionStringInvalid, UsageInvalid, SettingsFileInvalid,
        ServerUnreachable, AuthenticationFailed, TlsFailed, ConnectionLost, ProtocolViolation, ServerError, ServerTimeout,
        ServerVersionUnsupported, ForeignSystem,
        InstallationNotFound, ServerStartFailed, ServerStopFailed, InitializationFailed, FileFormatInvalid, PrivilegeDropFailed,
        AccessDenied, ProgramUnreachable,
        RepositoryInvalid, RepositoryUnavailable, WalGap, WalInvalid, WalNotFound, SnapshotNotFound, SnapshotCorrupt, DiskFull, Locked, SlotUnusable,
        BackupFailed, PageChecksumFailed, RestoreRefused, RestoreTargetUnreachable, DrillFailed, DrillQueryFailed,
        ClusterNotFound, NodeNotFound, ConvergenceFailed, NotProtected, Refused, AgentUnreachable, AgentRefused, AdoptionRefused,
        AuthorityExists, AuthorityMissing, AuthorityMismatch, TrustFileInvalid, TrustUnavailable,
        CertificateRequestInvalid, CertificateRefused,
        TokenInvalid, TokenUnknown, TokenExpired, TokenUsed, TokenForOtherHost, TrustLimitReached,
    ];
}
