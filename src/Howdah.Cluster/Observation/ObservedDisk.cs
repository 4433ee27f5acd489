using Howdah.Storage;

namespace Howdah.Cluster.Observation;

/// <summary>Room on the disk that a place is on, for users that are not root.</summary>
/// <param name="Place">A directory that is written to.</param>
/// <param name="FreeBytes">What is left.</param>
/// <param name="TotalBytes">Its size.</param>
public sealed record ObservedDisk(string Place, long FreeBytes, long TotalBytes)
{
    /// <summary>That of the places with the least room; null where none of them is there, or none tells.</summary>
    internal static ObservedDisk? Fullest(IEnumerable<string> places) =>
        places.Where(Path.Exists).Select(Find).OfType<ObservedDisk>().MinBy(disk => disk.FreeBytes);

    private static ObservedDisk? Find(string place)
    {
        try
        {
            var space = DiskSpace.Of(place);
            return new ObservedDisk(place, space.FreeBytes, space.TotalBytes);
        }
        catch (Exception failure) when (StorageFailure.IsStorageError(failure))
        {
            // What else is there is seen all the same; who writes there will tell.
            return null;
        }
    }
}
