using Howdah.Postgres.Server;

namespace Howdah.Cli;

/// <summary>The user of the operating system that the servers run as: never root.</summary>
internal static class ServerUser
{
    public static string NameOf(Invocation run) =>
        Environment.IsPrivilegedProcess ? UnprivilegedUser.ServerUserName
        : run.Host.Environment("USER") is { Length: > 0 } user ? user
        : Environment.UserName;
}
