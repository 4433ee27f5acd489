namespace Howdah.Core.Errors;

/// <summary>What the process answers to its caller. Part of the contract: numbers are only ever added.</summary>
/// <remarks>
/// <c>howdah wal fetch</c> has a contract of its own with PostgreSQL (reference manual 26.3.4, restore_command): see docs.
/// </remarks>
public enum ExitCode
{
    Success = 0,
    Failed = 1,
    Usage = 2,
    FinishedWithWarnings = 3,
    Configuration = 10,
    Authentication = 11,
    Unreachable = 12,
    Repository = 13,
    Busy = 14,
    Corruption = 15,
    Refused = 16,
    NotFound = 17,
    DiskFull = 18,
    Unsupported = 19,
    Timeout = 20,
    Denied = 21,
    Interrupted = 130,
    Terminated = 143,
}
