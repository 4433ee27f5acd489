namespace Howdah.Barman.Checks;

/// <summary>One line of <c>check</c>.</summary>
/// <param name="Label">Barman's label; scripts and dashboards depend on it.</param>
/// <param name="IsOk">False also for what could not be evaluated.</param>
/// <param name="Hint">What was seen, or what to do; empty for none.</param>
internal readonly record struct CheckLine(string Label, bool IsOk, string Hint)
{
    public string Status => IsOk ? "OK" : "FAILED";

    /// <summary>The line without its leading blank: <c>LABEL: OK (hint)</c>.</summary>
    public override string ToString() => Hint.Length == 0 ? $"{Label}: {Status}" : $"{Label}: {Status} ({Hint})";
}

/// <summary>All lines of one server.</summary>
/// <param name="Server">Barman's server name.</param>
/// <param name="Lines">The lines in Barman's order.</param>
/// <param name="LastBackupSize">Bytes of the newest backup, for Nagios' performance data.</param>
/// <param name="WalSize">Bytes of WAL since.</param>
internal sealed record CheckResult(string Server, IReadOnlyList<CheckLine> Lines, long LastBackupSize, long WalSize)
{
    public IEnumerable<CheckLine> Failed => Lines.Where(line => !line.IsOk);

    public bool IsOk => Lines.All(line => line.IsOk);
}
