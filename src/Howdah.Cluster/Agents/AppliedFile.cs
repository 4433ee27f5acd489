using Howdah.Cluster.Configuration;
using Howdah.Core.Errors;

namespace Howdah.Cluster.Agents;

/// <summary>A cluster file that was applied, and what it says.</summary>
internal sealed record AppliedFile(FileMark Mark, ClusterModel Model)
{
    /// <exception cref="OperationException"><see cref="ErrorCodes.ConfigurationInvalid"/></exception>
    public static AppliedFile Read(ClusterFileRevision file, ClusterPaths paths, ConfigDefaults defaults)
    {
        var read = ClusterConfigReader.Read(file.Text, paths.ClusterFile, defaults);
        if (read.Model is not { } model)
            throw new OperationException(
                ErrorCodes.ConfigurationInvalid,
                $"revision {file.Revision} of the cluster file has {read.Problems.Count} problems, the first: {read.Problems[0]}",
                "see howdah config check");
        return new AppliedFile(file.Mark, model);
    }
}
