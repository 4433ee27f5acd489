using Howdah.Core.Errors;
using Howdah.Storage;

namespace Howdah.Operations.CloneStandby;

/// <summary>
/// The three names of a clone: the final directory, the one it is built in, and a file that says that the second is ours. The file
/// is written before the directory exists and removed after it got its final name, so after a crash anywhere the next clone knows
/// that it may remove what is left (design laws 6 and 7).
/// </summary>
internal sealed class ClonePlace
{
    private const string NewSuffix = ".new";
    private const string IntentSuffix = ".new.intent";
    private const string TablespaceLine = "tablespace ";

    private readonly List<string> _intent = [];

    public ClonePlace(string dataDirectory)
    {
        Final = Path.TrimEndingDirectorySeparator(Path.GetFullPath(dataDirectory));
    }

    public string Final { get; }

    public string New => Final + NewSuffix;

    private string Intent => Final + IntentSuffix;

    /// <summary>Refuses an occupied place, removes what an interrupted clone left, and notes that a new one begins.</summary>
    /// <param name="note">Goes into the intent file, for a person who finds it.</param>
    public void Begin(string note)
    {
        RequireFree();
        StorageFailure.Run($"preparing {New}", () =>
        {
            // Without the directory the clone got its final name, or had not begun: what it claims then is in use, or empty.
            if (Presence.OfDirectory(New))
            {
                if (!Presence.OfFile(Intent))
                    throw new OperationException(
                        ErrorCodes.Refused, $"'{New}' exists and is not an unfinished clone of ours", "move it away");
                RemoveCopy(File.ReadAllLines(Intent));
            }

            _intent.Add(note);
            WriteIntent();
        });
    }

    /// <summary>Notes that a tablespace's directory is filled by this clone, so that what a crash leaves in it may be removed.</summary>
    /// <exception cref="OperationException"><see cref="ErrorCodes.Refused"/>: it is not empty.</exception>
    public void Claim(string directory)
    {
        if (Presence.OfFile(directory) || IsFull(directory) || directory.Contains('\n', StringComparison.Ordinal))
            throw new OperationException(ErrorCodes.Refused, $"'{directory}' is not empty, a tablespace is not put over something");
        _intent.Add(TablespaceLine + directory);
        StorageFailure.Run($"preparing {directory}", WriteIntent);
    }

    /// <summary>The directories of a clone that was interrupted, or is being made; none where no note says so.</summary>
    public IReadOnlyList<string> FindInterrupted() => !Presence.OfFile(Intent) ? [] : StorageFailure.Run(
        $"reading {Intent}",
        () => new[] { New }.Concat(ClaimedIn(File.ReadAllLines(Intent))).Where(Presence.OfDirectory).ToList());

    /// <summary>Removes what an interrupted clone left, where there is any.</summary>
    public void RemoveInterrupted() => StorageFailure.Run($"removing {New}", () =>
    {
        if (!Presence.OfFile(Intent))
            return;
        RemoveCopy(File.ReadAllLines(Intent));
        File.Delete(Intent);
    });

    /// <summary>Removes everything that this clone wrote, and the note.</summary>
    public void Abandon() => StorageFailure.Run($"removing {New}", () =>
    {
        RemoveCopy(_intent);
        File.Delete(Intent);
    });

    public void Finish() => StorageFailure.Run($"removing {Intent}", () => File.Delete(Intent));

    /// <summary>An empty directory may stand at the final name; removing it loses nothing. A full one stays and is refused by the
    /// rename.</summary>
    public void RemoveEmptyTarget()
    {
        if (Presence.OfDirectory(Final) && !IsFull(Final))
            StorageFailure.Run($"removing the empty {Final}", () => Directory.Delete(Final));
    }

    private static bool IsFull(string directory) =>
        Presence.OfDirectory(directory) && Directory.EnumerateFileSystemEntries(directory).Any();

    /// <summary>The directory last: while it is there the note counts, so that what an interruption leaves is removed the next
    /// time.</summary>
    private void RemoveCopy(IEnumerable<string> note)
    {
        foreach (var directory in ClaimedIn(note).Append(New).Where(Presence.OfDirectory))
            Directory.Delete(directory, recursive: true);
    }

    private static IEnumerable<string> ClaimedIn(IEnumerable<string> lines) => lines
        .Where(static line => line.StartsWith(TablespaceLine, StringComparison.Ordinal))
        .Select(static line => line[TablespaceLine.Length..]);

    private void WriteIntent() => AtomicFile.Write(Intent, string.Join('\n', _intent) + "\n");

    private void RequireFree()
    {
        if (Presence.OfFile(Final) || IsFull(Final))
            throw new OperationException(
                ErrorCodes.Refused, $"'{Final}' is not empty, and a data directory is never removed for a clone",
                    "move it away, then run again");
    }
}
