using System.Globalization;
using Howdah.Cluster.Agents;
using Howdah.Cluster.Configuration;
using Howdah.Core.Errors;

namespace Howdah.Cli;

/// <summary>
/// The cluster file that counts on this host. On several machines that is the revision which was applied here: the file that people edit
/// says which cluster is meant, and neither an edit that nobody has applied nor a slip in it is a reason not to see the cluster as it is.
/// </summary>
internal static class ClusterFileInForce
{
    /// <param name="path">The file that was found.</param>
    /// <param name="isMeant">It was named by the caller, who means what it says; still, the cluster's own copy of what is in force stands
    /// for that.</param>
    /// <param name="remark">Takes a sentence where something else counts than what the file says.</param>
    /// <exception cref="ClusterFileException">It has problems, and nothing was applied here.</exception>
    /// <exception cref="OperationException">It cannot be read.</exception>
    public static LoadedCluster Load(string path, bool isMeant, Action<string> remark)
    {
        var (text, result) = ClusterFile.Read(path);
        if (FindApplied(path, result.Model) is not { } applied || (isMeant && Path.GetFullPath(path) != applied.Paths.ClusterFile))
            return ClusterFile.Require(path, text, result);
        if (applied.File.Text != text)
            remark(string.Create(
                CultureInfo.InvariantCulture,
                $"{path} {(result.Model is null ? $"has {result.Problems.Count} problems" : "says something else")}: revision "
                + $"{applied.File.Revision} of the cluster file, which was applied, counts; {Way(path, result.Model is not null)}"));
        var (inForce, says) = (applied.Paths.ClusterFile, applied.File.Text);
        return ClusterFile.Require(inForce, says, ClusterFile.Parse(inForce, says));
    }

    private static string Way(string path, bool isValid) =>
        isValid ? $"to put this one in force: howdah apply {path}" : "see howdah config check";

    /// <summary>Null on one machine, on a host that is in no cluster, and for somebody who may not look.</summary>
    private static Applied? FindApplied(string path, ClusterModel? model)
    {
        if (model is { IsOnOneMachine: true })
            return null;
        var file = model?.Paths.ClusterFile ?? ClusterFileLocator.FindInForce(path);
        if (file is null)
            return null;
        try
        {
            var paths = new ClusterPaths(Path.GetDirectoryName(file)!);
            return new ClusterFileStore(paths).Read() is { } applied ? new Applied(paths, applied) : null;
        }
        catch (OperationException denied) when (denied.Code == ErrorCodes.AccessDenied)
        {
            return null;
        }
    }

    private sealed record Applied(ClusterPaths Paths, ClusterFileRevision File);
}
