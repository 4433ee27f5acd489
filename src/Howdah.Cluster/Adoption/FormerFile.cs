using Howdah.Storage;

namespace Howdah.Cluster.Adoption;

/// <summary>What a file of somebody's was before Howdah wrote over it.</summary>
internal static class FormerFile
{
    /// <summary>Keeps a copy beside it. One that is there is of an earlier run, and is what was there before all of them.</summary>
    public static void Keep(string path) => AtomicFile.PutIfAbsent(path + FileTakeover.KeptSuffix, File.ReadAllBytes(path));
}
