using Howdah.Cluster.Configuration;
using Howdah.Core.Errors;

namespace Howdah.Cli;

/// <summary>A node named on the command line.</summary>
internal static class NodeChoice
{
    public static NodeModel Find(ClusterModel model, string name)
    {
        if (model.FindNode(name) is { } node)
            return node;
        var names = model.Nodes.Select(known => known.Name).ToList();
        var hint = Spelling.Nearest(name, names) is { } meant ? $"did you mean {meant}?" : $"its nodes are {string.Join(", ", names)}";
        throw new OperationException(ErrorCodes.NodeNotFound, $"cluster {model.Name} has no node '{name}'", hint);
    }
}
