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
            UnprivilegedUser.OfServers().Become();
    }

    /// <summary>As <see cref="Drop"/>, for commands that hand this program on: servers fetch WAL with it, a service runs it.</summary>
    /// <returns>Its path, which the user can run.</returns>
    /// <exception cref="OperationException"><see cref="ErrorCodes.ProgramUnreachable"/>; nothing was changed.</exception>
    public static string DropWithProgram(CliHost host)
    {
        var program = ReachableProgram(host);
        Drop();
        return program;
    }

    /// <summary>As <see cref="DropWithProgram"/>, and as root first makes the cluster's directory and gives it to that user.</summary>
    /// <returns>The path of this program, which the user can run.</returns>
    /// <exception cref="OperationException"><see cref="ErrorCodes.ProgramUnreachable"/>; nothing was made.</exception>
    public static string DropFor(CliHost host, ClusterModel model)
    {
        var program = ReachableProgram(host);
        if (!UnprivilegedUser.IsRoot)
            return program;
        var account = UnprivilegedUser.OfServers();
        foreach (var directory in new[] { model.Directory, model.Backup.RepositoryDirectory }.Where(path => !Directory.Exists(path)))
        {
            MakeParents(directory, account);
            Directory.CreateDirectory(directory, OwnerOnly);
            account.Own(directory);
        }

        account.Become();
        return program;
    }

    /// <summary>As <see cref="Drop"/>, and as root first makes the root of clusters and gives it to that user.</summary>
    public static void DropWithRoot(string root)
    {
        if (!UnprivilegedUser.IsRoot)
            return;
        var account = UnprivilegedUser.OfServers();
        if (!Directory.Exists(root))
        {
            Directory.CreateDirectory(root);
            account.Own(root);
        }

        account.Become();
    }

    private static string ReachableProgram(CliHost host)
    {
        if (host.Program is not { } program)
            throw new OperationException(
                ErrorCodes.ProgramUnreachable,
                "the file that this program was started from cannot be found",
                "start it by its path"
            );
        if (!UnprivilegedUser.IsRoot || UnprivilegedUser.OfServers().FindBarrier(program) is not { } barrier)
            return program;
        var what = string.Equals(barrier, program, StringComparison.Ordinal) ? "may not run it" : $"may not pass {barrier}";
        throw new OperationException(
            ErrorCodes.ProgramUnreachable,
            $"servers and the service run {program} as the user {UnprivilegedUser.ServerUserName}, who {what}",
            $"install it where every user can run it: install -m 755 {program} /usr/local/bin/howdah; then use that one"
        );
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
}
