namespace Howdah.Operations.Restore;

/// <summary>
/// Where a restored copy can be reached: not where the original is, unless that was asked for. Beside a living original it could not
/// start there; beside a dead one its users would write into a copy that nobody has looked at.
/// </summary>
internal static class RestoredAddress
{
    /// <summary>
    /// Relative to the data directory, which a server is in while it runs: free by nature, closed to other users, and right also after
    /// the directory was moved.
    /// </summary>
    private const string SocketDirectory = ".";

    public static IEnumerable<KeyValuePair<string, string>> Settings(RestoreOptions options)
    {
        yield return new("listen_addresses", options.ListenAddresses ?? "");
        yield return new("unix_socket_directories", SocketDirectory);
        if (options.Port is { } port)
            yield return new("port", $"{port}");
    }

    /// <summary>For the plan and the result.</summary>
    public static string Remark(RestoreOptions options)
    {
        var port = options.Port is { } own ? $"port {own}" : "the original's port";
        return options.ListenAddresses is { Length: > 0 } addresses
            ? $"the copy listens on {addresses}, {port}, and on a socket in its own directory: psql -h {options.Directory}"
            : $"the copy listens on no address, only on a socket in its own directory ({port}): psql -h {options.Directory}; "
            + "--listen and --port open it, or listen_addresses in its postgresql.auto.conf";
    }
}
