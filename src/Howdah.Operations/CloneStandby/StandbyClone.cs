using Howdah.Core.Errors;
using Howdah.Operations.Backup;
using Howdah.Storage;

namespace Howdah.Operations.CloneStandby;

/// <summary>
/// A verified copy of the primary that still lacks its standby settings: write them into <see cref="Directory"/>, then call
/// <see cref="PutInPlace"/>.
/// </summary>
public sealed class StandbyClone
{
    private readonly ClonePlace _place;

    internal StandbyClone(ClonePlace place, BaseBackupResult result)
    {
        _place = place;
        Result = result;
    }

    /// <summary><c>&lt;data directory&gt;.new</c>.</summary>
    public string Directory => _place.New;

    public BaseBackupResult Result { get; }

    /// <summary>Gives the copy its final name, durably. Never replaces: what stands at that name must be moved away before.</summary>
    /// <exception cref="OperationException"><see cref="ErrorCodes.Refused"/>: something is there.</exception>
    public void PutInPlace()
    {
        // What the caller wrote into the copy since the clone was synced.
        StorageFailure.Run($"forcing {_place.New} to disk", () => WriteBack.FlushFileSystem(_place.New, CancellationToken.None));
        _place.RemoveEmptyTarget();
        if (!StorageFailure.Run($"renaming {_place.New}", () => DurableFile.TryRename(_place.New, _place.Final)))
            throw new OperationException(
                ErrorCodes.Refused, $"'{_place.Final}' exists, and a data directory is never replaced", "move it away, then run again");
        _place.Finish();
    }
}
