using System.Runtime.InteropServices;
using Howdah.Core.Errors;

namespace Howdah.Postgres.Server;

/// <summary>An account of this machine that is not root: PostgreSQL refuses to run as root, and so do we beyond the first moment.</summary>
/// <param name="Name">Login name.</param>
/// <param name="UserId">Its uid, above 0.</param>
/// <param name="GroupId">Its primary gid.</param>
/// <param name="HomeDirectory">Its home.</param>
public sealed partial record UnprivilegedUser(string Name, uint UserId, uint GroupId, string HomeDirectory)
{
    /// <summary>X_OK of access(2): search a directory, run a file.</summary>
    private const int MayExecute = 1;

    /// <summary>True where this process has root's rights.</summary>
    public static bool IsRoot => GetEffectiveUserId() == 0;

    /// <summary>Who runs the servers where root asks for them; Debian's packages make this user.</summary>
    public const string ServerUserName = "postgres";

    /// <summary>The account that runs the servers where root asks for them.</summary>
    /// <exception cref="OperationException"><see cref="ErrorCodes.PrivilegeDropFailed"/>: there is none.</exception>
    public static UnprivilegedUser OfServers() => Find(ServerUserName) ?? throw new OperationException(
        ErrorCodes.PrivilegeDropFailed,
        $"running as root, and there is no user {ServerUserName} to run the servers as",
        "install PostgreSQL, whose package makes it, or run howdah as another user");

    /// <summary>Looks the account up; null where there is none of that name.</summary>
    public static UnprivilegedUser? Find(string name)
    {
        var entry = GetPasswordEntry(name);
        if (entry == 0)
            return null;
        var fields = Marshal.PtrToStructure<PasswordEntry>(entry);
        return new UnprivilegedUser(name, fields.UserId, fields.GroupId, Marshal.PtrToStringUTF8(fields.HomeDirectory) ?? "/");
    }

    /// <summary>
    /// Makes this process the user, for good: groups, gid, uid, HOME and USER. To be called once, at process start,
    /// before anything is opened; the C library applies it to all threads.
    /// </summary>
    /// <exception cref="OperationException"><see cref="ErrorCodes.PrivilegeDropFailed"/></exception>
    public void Become()
    {
        if (UserId == 0)
            throw new OperationException(
                ErrorCodes.PrivilegeDropFailed, $"user {Name} is root under another name", "use an unprivileged account");
        Check(InitGroups(Name, GroupId), "initgroups");
        Check(SetGroupId(GroupId), "setgid");
        Check(SetUserId(UserId), "setuid");
        // A drop that can be undone is none.
        if (SetUserId(0) == 0 || GetEffectiveUserId() != UserId)
            throw new OperationException(ErrorCodes.PrivilegeDropFailed, $"root's rights could be taken back after becoming {Name}");
        Environment.SetEnvironmentVariable("HOME", HomeDirectory);
        Environment.SetEnvironmentVariable("USER", Name);
        Environment.SetEnvironmentVariable("LOGNAME", Name);
        // The caller's directory may be closed to the user, and children inherit it.
        Directory.SetCurrentDirectory("/");
    }

    /// <summary>
    /// The first directory on the way to a program that the user may not pass, or the program itself where the user may not run it;
    /// null where nothing is in the way. Root's to ask: the process takes on the user's rights for the look, and then its own again.
    /// </summary>
    /// <param name="program">Absolute path without symbolic links.</param>
    /// <exception cref="OperationException"><see cref="ErrorCodes.PrivilegeDropFailed"/></exception>
    public string? FindBarrier(string program)
    {
        var way = new Stack<string>();
        for (var path = program; path is not null; path = Path.GetDirectoryName(path))
            way.Push(path);
        Check(InitGroups(Name, GroupId), "initgroups");
        Check(SetEffectiveGroupId(GroupId), "setegid");
        Check(SetEffectiveUserId(UserId), "seteuid");
        try
        {
            // Asked of the kernel, which knows groups and access control lists; modes alone would not tell.
            return way.FirstOrDefault(path => MayAccess(path, MayExecute) != 0);
        }
        finally
        {
            Check(SetEffectiveUserId(0), "seteuid");
            Check(SetEffectiveGroupId(0), "setegid");
        }
    }

    /// <summary>Gives a file or directory to the user, without following a symbolic link.</summary>
    /// <exception cref="OperationException"><see cref="ErrorCodes.PrivilegeDropFailed"/></exception>
    public void Own(string path) => Check(ChangeOwner(path, UserId, GroupId), $"lchown of {path}");

    private void Check(int result, string call)
    {
        if (result != 0)
        {
            throw new OperationException(
                ErrorCodes.PrivilegeDropFailed, $"{call} for user {Name} failed: {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    [LibraryImport("libc", EntryPoint = "geteuid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial uint GetEffectiveUserId();

    [LibraryImport("libc", EntryPoint = "getpwnam", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint GetPasswordEntry(string name);

    [LibraryImport("libc", EntryPoint = "initgroups", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int InitGroups(string name, uint group);

    [LibraryImport("libc", EntryPoint = "setgid", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetGroupId(uint group);

    [LibraryImport("libc", EntryPoint = "setuid", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetUserId(uint user);

    [LibraryImport("libc", EntryPoint = "lchown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int ChangeOwner(string path, uint user, uint group);

    [LibraryImport("libc", EntryPoint = "setegid", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetEffectiveGroupId(uint group);

    [LibraryImport("libc", EntryPoint = "seteuid", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetEffectiveUserId(uint user);

    /// <summary>As access(2), with the effective ids.</summary>
    [LibraryImport("libc", EntryPoint = "eaccess", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int MayAccess(string path, int mode);

    /// <summary>struct passwd of glibc and musl on Linux (pwd.h).</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct PasswordEntry
    {
        public nint Name;
        public nint Password;
        public uint UserId;
        public uint GroupId;
        public nint Comment;
        public nint HomeDirectory;
        public nint Shell;
    }
}
