using Howdah.Cluster.Configuration;
using Howdah.Core.Errors;
using Howdah.Postgres.Server;

namespace Howdah.Cli;

/// <summary>Root's rights are given up before a command does anything: PostgreSQL refuses them, and nothing here needs them.</summary>
internal static class Privileges
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>As root: becomes the user that owns the servers, for good. Otherwise nothing.</summary>
    public static void Drop()
    {
        if (UnprivilegedUser.IsRoot)
            ServerAccount().Become();
    }

    /// <summary>As <see cref="Drop"/>, and as root first makes the cluster's directory and gives it to that user.</summary>
    public static void DropFor(ClusterModel model)
    {
        if (!UnprivilegedUser.IsRoot)
            return;
        var account = ServerAccount();
        foreach (var directory in new[] { model.Directory, model.Backup.RepositoryDirectory }.Where(path => !Directory.Exists(path)))
        {
            MakeParents(directory, account);
            Directory.CreateDirectory(directory, OwnerOnly);
            account.Own(directory);
        }

        account.Become();
    }

    /// <summary>
    /// Directories above stay root's: others may pass through them, and not change them. Only our own root of clusters is given
    /// away, so that a destroyed cluster's directory can go.
    /// </summary>
    private static void MakeParents(string directory, UnprivilegedUser account)
    {
        if (Path.GetDirectoryName(directory) is not { } parent || Directory.Exists(parent))
            return;
        Directory.CreateDirectory(parent);
        if (string.Equals(parent, ConfigDefaults.SystemRoot, StringComparison.Ordinal))
            account.Own(parent);
    }

    private static UnprivilegedUser ServerAccount() =>
        UnprivilegedUser.Find(ServerUser.WhenRoot)
        ?? throw new OperationException(
            ErrorCodes.PrivilegeDropFailed,
            $"running as root, and there is no user {ServerUser.WhenRoot} to run the servers as",
            "install PostgreSQL, whose package makes it, or run howdah as another user"
        );
}
