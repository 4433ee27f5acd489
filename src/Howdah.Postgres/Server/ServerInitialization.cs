using System.Runtime.InteropServices;
using System.Text;
using Howdah.Core.Errors;
using Howdah.Core.Units;
using Howdah.Core.Wal;

namespace Howdah.Postgres.Server;

/// <summary>How initdb makes a data directory: always with checksums, UTF-8, and SCRAM for local and TCP connections.</summary>
/// <param name="DataDirectory">Must be missing or empty.</param>
/// <param name="Superuser">Name of the first role.</param>
/// <param name="Password">Its password; reaches initdb through a file of mode 0600 that is removed at once.</param>
public sealed record InitializationOptions(string DataDirectory, string Superuser, Secret Password)
{
    /// <summary>Null: en_US.UTF-8 where this machine has it, else C.UTF-8.</summary>
    public string? Locale { get; init; }

    public WalSegmentSize SegmentSize { get; init; } = WalSegmentSize.Default;
}

/// <summary>Makes data directories with initdb.</summary>
public static partial class ServerInitialization
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(5);

    /// <exception cref="OperationException"><see cref="ErrorCodes.InitializationFailed"/>: quotes initdb.</exception>
    public static async Task InitializeAsync(
        PostgresInstallation installation, InitializationOptions options, CancellationToken cancellationToken)
    {
        // Beside the data directory: the directory's owner alone can write there, unlike /tmp.
        var passwordFile = options.DataDirectory.TrimEnd('/') + ".password";
        try
        {
            await WritePrivateFileAsync(passwordFile, options.Password, cancellationToken);
            var result = await ChildProcess.RunAsync(Command(installation, options, passwordFile), cancellationToken);
            if (result.ExitCode != 0)
            {
                throw new OperationException(
                    ErrorCodes.InitializationFailed,
                    $"initdb of PostgreSQL {installation.Version} in {options.DataDirectory} failed: "
                    + $"{result.ErrorOutput.Trim().ReplaceLineEndings("; ")}");
            }
        }
        finally
        {
            File.Delete(passwordFile);
        }
    }

    /// <summary>The locale that a new cluster gets where none is asked for.</summary>
    public static string DefaultLocale() => HasLocale("en_US.UTF-8") ? "en_US.UTF-8" : "C.UTF-8";

    /// <summary>True where the C library can load the locale, which is what initdb needs.</summary>
    public static bool HasLocale(string name)
    {
        const int AllCategories = 0x1FBF;
        var locale = NewLocale(AllCategories, name, 0);
        if (locale == 0)
            return false;
        FreeLocale(locale);
        return true;
    }

    private static ChildCommand Command(PostgresInstallation installation, InitializationOptions options, string passwordFile)
    {
        List<string> arguments =
        [
            "-D", options.DataDirectory, "-U", options.Superuser, $"--pwfile={passwordFile}",
            "--auth-local=scram-sha-256", "--auth-host=scram-sha-256", "--data-checksums", "--encoding=UTF8",
            $"--locale={options.Locale ?? DefaultLocale()}",
        ];
        if (options.SegmentSize != WalSegmentSize.Default)
            arguments.Add($"--wal-segsize={options.SegmentSize.Bytes >> 20}");
        return new ChildCommand(installation.Program("initdb"), arguments, Deadline);
    }

    private static async Task WritePrivateFileAsync(string path, Secret password, CancellationToken cancellationToken)
    {
        File.Delete(path);
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        };
        await using var file = new FileStream(path, options);
        await file.WriteAsync(Encoding.UTF8.GetBytes(password.Reveal() + "\n"), cancellationToken);
    }

    // locale.h, glibc: LC_ALL_MASK is every category bit but LC_ALL's own.
    [LibraryImport("libc", EntryPoint = "newlocale", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint NewLocale(int categories, string name, nint baseLocale);

    [LibraryImport("libc", EntryPoint = "freelocale")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void FreeLocale(nint locale);
}
