namespace Howdah.Barman.Reports;

/// <summary>The lines of <c>switch-wal</c>, shared with the wait of <c>backup --wait</c>.</summary>
internal static class SwitchWalLines
{
    public static string Closed(string server, string segment) => $"The WAL file {segment} has been closed on server '{server}'";

    public static string NotRequired(string server) => $"No switch required for server '{server}'";

    public static string Impossible(string server) => $"Unable to perform pg_switch_wal for server '{server}'.";

    public static string NoCheckpointPrivilege => "Barman switch-wal --force requires superuser rights or the 'pg_checkpoint' role";

    public static string NoSwitchPrivilege(string user) =>
        $"Postgres user '{user}' is missing required privileges (it may not execute pg_switch_wal)";

    /// <summary>The bound is named where there is one.</summary>
    public static string Waiting(string server, string segment, int? timeoutSeconds) =>
        $"Waiting for the WAL file {segment} from server '{server}'" + (timeoutSeconds is { } seconds ? $" (max: {seconds} seconds)" : "");

    /// <summary>Segments that became complete in the repository since the wait began, in order.</summary>
    public static IEnumerable<string> Arrived(string server, IReadOnlyList<string> segments) =>
        segments.Select(segment => $"\t{segment}")
            .Prepend($"Processing xlog segments from streaming for {server} (batch size: {segments.Count})");

    public static string NotReceived(string segment, int timeoutSeconds) =>
        $"The WAL file {segment} has not been received in {timeoutSeconds} seconds";
}
