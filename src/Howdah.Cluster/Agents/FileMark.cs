using System.Security.Cryptography;

namespace Howdah.Cluster.Agents;

/// <summary>
/// Which cluster file a host goes by. Two people who apply at the same moment, on two hosts, make one revision with two texts: then the
/// origin decides, on every host alike, so that all end up with the same.
/// </summary>
/// <param name="Revision">1 when the cluster is made; 0: none.</param>
/// <param name="Origin">Of whoever applied it; null for the first revision.</param>
public readonly record struct FileMark(long Revision, string? Origin)
{
    // In the order of their weight: a revocation must not be undone by an edit of the same moment.
    private const string Edit = "edit-";
    private const string Revocation = "revocation-";

    /// <summary>The newer is the greater.</summary>
    public static IComparer<FileMark> ByAge { get; } =
        Comparer<FileMark>.Create(static (one, other) => one.IsNewerThan(other) ? 1 : other.IsNewerThan(one) ? -1 : 0);

    public bool IsNewerThan(FileMark other) =>
        Revision > other.Revision || (Revision == other.Revision && string.CompareOrdinal(Origin, other.Origin) > 0);

    public static string OriginOfEdit() => Edit + Nonce();

    public static string OriginOfRevocation() => Revocation + Nonce();

    private static string Nonce() => RandomNumberGenerator.GetHexString(16, lowercase: true);
}
