namespace Howdah.Cli;

/// <summary>The user of the operating system that the servers run as: never root.</summary>
internal static class ServerUser
{
    /// <summary>Debian's packages make it; PostgreSQL refuses to run as root.</summary>
    public const string WhenRoot = "postgres";

    public static string NameOf(Invocation run) =>
        Environment.IsPrivilegedProcess ? WhenRoot
        : run.Host.Environment("USER") is { Length: > 0 } user ? user
        : Environment.UserName;
}
