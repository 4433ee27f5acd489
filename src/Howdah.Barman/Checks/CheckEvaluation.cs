using Howdah.Barman.Facts;
using Howdah.Barman.Output;
using Howdah.Postgres.Versions;

namespace Howdah.Barman.Checks;

/// <summary>
/// Turns facts into the lines of <c>check</c>: labels, order and conditions are Barman 3.17's.
/// </summary>
/// <remarks>
/// Two things differ on purpose. What could not be evaluated is FAILED and says so; the cause stands once, at the line that it belongs to.
/// And a hint never advises something that would not help.
/// </remarks>
internal sealed class CheckEvaluation
{
    private const string PostgresDown = "not evaluated: PostgreSQL cannot be reached";
    private const string RepositoryDown = "not evaluated: the repository cannot be read";

    private readonly ServerFacts _facts;
    private readonly ServerPolicy _policy;
    private readonly List<CheckLine> _lines = [];

    private CheckEvaluation(ServerFacts facts)
    {
        _facts = facts;
        _policy = facts.Policy;
    }

    public static CheckResult Evaluate(ServerFacts facts)
    {
        var evaluation = new CheckEvaluation(facts);
        evaluation.CheckWalArchive();
        evaluation.CheckPostgres();
        evaluation.CheckSlot();
        evaluation.CheckCatalogue();
        evaluation.CheckBackupClient();
        evaluation.CheckSystemIdentifier();
        evaluation.CheckReceiver();
        var last = facts.Catalogue.Value?.Available.LastOrDefault()?.Copy;
        return new CheckResult(facts.Name, evaluation._lines, last?.Size ?? 0, facts.Catalogue.Value?.WalBytesSinceLastBackup ?? 0);
    }

    /// <summary>Barman prints this line only where it fails.</summary>
    private void CheckWalArchive()
    {
        const string label = "WAL archive";
        if (_facts.Catalogue.Value is not { } catalogue)
            Fail(label, $"not evaluated: {_facts.Catalogue.Problem}");
        else if (!catalogue.HasCompleteSegment && _facts.Receiver.Value is { IsStreaming: true })
            Fail(label, $"no complete WAL segment has arrived yet; run 'barman switch-wal --force --archive {_policy.Name}' to close one");
        else if (!catalogue.HasCompleteSegment)
            Fail(label, "please make sure WAL shipping is setup");
    }

    private void CheckPostgres()
    {
        if (_facts.Postgres.Value is not { } postgres)
        {
            Fail("PostgreSQL", _facts.Postgres.Problem);
            return;
        }

        if (!postgres.Version.IsSupported)
        {
            Fail("PostgreSQL", UnsupportedVersion(postgres.Version));
            return;
        }

        Pass("PostgreSQL");
        if (postgres.HasBackupPrivileges)
            Pass("superuser or standard user with backup privileges");
        else
            Fail("no access to backup functions", "privileges for PostgreSQL backup functions are required (see documentation)");
        Judge("PostgreSQL streaming", _facts.Streaming.Value is not null, _facts.Streaming.Problem);
        Judge("wal_level", postgres.WalLevel is "replica" or "logical", "please set it to a higher level than 'minimal'");
    }

    private void CheckSlot()
    {
        const string label = "replication slot";
        var name = _policy.SlotName;
        if (name.Length == 0)
            return;
        if (_facts.Postgres.Value is null)
            Fail(label, PostgresDown);
        else if (_facts.Slot.Value is not { } slot)
            Fail(label, $"not evaluated: {_facts.Slot.Problem}");
        else if (!slot.Exists)
            Fail(
                label,
                $"replication slot '{name}' doesn't exist. Please execute 'howdah up', or start the agent, which creates it and "
                + "reports what WAL was lost");
        else if (slot.Invalidation is { } reason)
            Fail(label, $"slot '{name}' was invalidated by the server: {reason}");
        else if (!slot.HasRestartLsn)
            Fail(label, $"slot '{name}' not initialised: is 'receive-wal' running?");
        else
            Judge(label, slot.IsActive, $"slot '{name}' not active: is 'receive-wal' running?");
    }

    private void CheckCatalogue()
    {
        var catalogue = _facts.Catalogue.Value;
        Judge("directories", catalogue is { DirectoryProblem: null }, catalogue?.DirectoryProblem ?? RepositoryDown);
        Pass("retention policy settings");
        if (catalogue is null)
        {
            foreach (var label in (string[])["backup maximum age", "backup minimum size", "wal maximum age", "wal size"])
                Fail(label, RepositoryDown);
            Pass("compression settings");
            Fail("failed backups", RepositoryDown);
            Fail("minimum redundancy requirements", RepositoryDown);
            return;
        }

        CheckBackupAge(catalogue);
        CheckBackupSize(catalogue);
        CheckWalAge(catalogue);
        Pass("wal size", BarmanFormat.Size(catalogue.WalBytesSinceLastBackup));
        Pass("compression settings");
        var failed = catalogue.Backups.Count(backup => backup.Status == BackupStatus.Failed);
        Judge("failed backups", failed == 0, $"there are {failed} failed backups", always: true);
        var have = catalogue.Complete.Count();
        Judge(
            "minimum redundancy requirements",
            have >= _policy.MinimumRedundancy,
            $"have {have} non-incremental backups, expected at least {_policy.MinimumRedundancy}",
            always: true);
    }

    private void CheckBackupAge(CatalogueFacts catalogue)
    {
        const string label = "backup maximum age";
        if (_policy.LastBackupMaximumAge is not { } limit)
        {
            Pass(label, "no last_backup_maximum_age provided");
            return;
        }

        var age = catalogue.Available.LastOrDefault()?.Copy is { } copy ? _facts.Now - copy.EndTime : (TimeSpan?)null;
        var shown = age is { } known ? BarmanFormat.Duration(known) : "No available backups";
        Judge(label, age <= limit, $"interval provided: {BarmanFormat.Duration(limit)}, latest backup age: {shown}", always: true);
    }

    private void CheckBackupSize(CatalogueFacts catalogue)
    {
        const string label = "backup minimum size";
        var size = catalogue.Available.LastOrDefault()?.Copy?.Size ?? 0;
        if (_policy.LastBackupMinimumSize is not { } limit)
        {
            Pass(label, BarmanFormat.Size(size));
            return;
        }

        var isEnough = size >= limit;
        var hint = $"last backup size {BarmanFormat.Size(size)} {(isEnough ? '>' : '<')} {BarmanFormat.Size(limit)} minimum";
        Judge(label, isEnough, hint, always: true);
    }

    private void CheckWalAge(CatalogueFacts catalogue)
    {
        const string label = "wal maximum age";
        if (_policy.LastWalMaximumAge is not { } limit)
        {
            Pass(label, "no last_wal_maximum_age provided");
        }
        else if (catalogue.LastWalTime is not { } time)
        {
            Fail(label, "No WAL files archived for last backup");
        }
        else
        {
            var age = _facts.Now - time;
            var hint = $"interval provided: {BarmanFormat.Duration(limit)}, latest wal age: {BarmanFormat.Duration(age)}";
            Judge(label, age <= limit, hint, always: true);
        }
    }

    /// <summary>The client of BASE_BACKUP is part of this program; it fits where the server's version is supported.</summary>
    private void CheckBackupClient()
    {
        Pass("pg_basebackup");
        JudgeVersion("pg_basebackup compatible");
        if (_facts.Postgres.Value is not null)
            Pass("pg_basebackup supports tablespaces mapping");
    }

    private void CheckSystemIdentifier()
    {
        const string label = "systemid coherence";
        var stored = _facts.Catalogue.Value;
        var streaming = _facts.Streaming.Value;
        if (_facts.Postgres.Value is not { } postgres)
            Fail(label, $"no system Id available, {PostgresDown}");
        else if (streaming is not null && streaming.SystemIdentifier != postgres.SystemIdentifier)
            Fail(label, "is the streaming DSN targeting the same server of the PostgreSQL connection string?");
        else if (streaming is null)
            Fail(label, "not evaluated: no streaming connection");
        else if (stored is null)
            Fail(label, RepositoryDown);
        else if (stored.Systems.Any(system => system != postgres.SystemIdentifier))
            Fail(label, $"the system Id of the connected PostgreSQL server changed, stored in \"{stored.Directory}\"");
        else
            Pass(label, stored.Backups.Count == 0 ? "no system Id stored on disk" : "");
    }

    private void CheckReceiver()
    {
        Pass("pg_receivexlog");
        JudgeVersion("pg_receivexlog compatible");
        var receiver = _facts.Receiver;
        var problem = receiver.Value?.Problem ?? (receiver.Problem.Length > 0 ? $"not evaluated: {receiver.Problem}" : "");
        Judge("receive-wal running", receiver.Value is { IsStreaming: true }, problem);
        if (_facts.Catalogue.Value is not { } catalogue)
            Fail("archiver errors", RepositoryDown);
        else
            Judge("archiver errors", catalogue.Gaps.Count == 0, $"WAL is missing for good: {string.Join("; ", catalogue.Gaps)}");
    }

    private void JudgeVersion(string label)
    {
        if (_facts.Postgres.Value is not { } postgres)
            Fail(label, PostgresDown);
        else
            Judge(label, postgres.Version.IsSupported, UnsupportedVersion(postgres.Version));
    }

    private static string UnsupportedVersion(PostgresVersion version) => version.Major < PostgresVersion.OldestMajor
        ? $"unsupported version: PostgreSQL server is too old ({version} < {PostgresVersion.OldestMajor})"
        : $"unsupported version: PostgreSQL server is too new ({version} > {PostgresVersion.NewestMajor})";

    /// <summary>Adds a line whose hint is shown on failure only, or always.</summary>
    private void Judge(string label, bool isOk, string hint, bool always = false) =>
        _lines.Add(new CheckLine(label, isOk, isOk && !always ? "" : hint));

    private void Pass(string label, string hint = "") => _lines.Add(new CheckLine(label, IsOk: true, hint));

    private void Fail(string label, string hint) => _lines.Add(new CheckLine(label, IsOk: false, hint));
}
