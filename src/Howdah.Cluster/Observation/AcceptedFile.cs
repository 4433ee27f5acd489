using Howdah.Cluster.Configuration;
using Howdah.Core.Errors;
using Howdah.Storage;

namespace Howdah.Cluster.Observation;

/// <summary>
/// The cluster file in force, in the cluster's directory. A command that changes the cluster puts its own there, under the change lock and
/// after PostgreSQL has accepted the settings, so that the process that supervises goes over to it in place of undoing the change.
/// </summary>
internal sealed class AcceptedFile(ClusterModel model)
{
    // What was refused already is no news: nobody is to wait for it.
    private string? _refused;

    private string Path => model.Paths.ClusterFile;

    /// <summary>The caller holds the change lock.</summary>
    /// <exception cref="OperationException"><see cref="ErrorCodes.Refused"/>: the file would leave something behind.</exception>
    public void Accept()
    {
        var former = FindChange();
        if (former is not null)
            RequireSuccessorOf(former);
        if (former is not null || !Presence.OfFile(Path))
            AtomicFile.Write(Path, model.Source);
    }

    /// <summary>The file's text, where it is something else than our model's and was not refused. One that is not there says
    /// nothing.</summary>
    public string? FindChange()
    {
        if (!Presence.OfFile(Path))
            return null;
        var text = StorageFailure.Run($"reading {Path}", () => File.ReadAllText(Path));
        return text == model.Source || text == _refused ? null : text;
    }

    /// <summary>This text is not used.</summary>
    public void Refuse(string text) => _refused = text;

    /// <summary>The model of a changed text.</summary>
    /// <exception cref="OperationException"><see cref="ErrorCodes.ConfigurationInvalid"/>: it is wrong, or of another cluster.</exception>
    public ClusterModel Read(string text)
    {
        var read = ClusterConfigReader.Read(text, Path, ConfigDefaults.ForFile(Path));
        if (read.Model is not { } changed)
        {
            var problem = read.Problems[0];
            throw Refused($"line {problem.Line}: {problem.Message}");
        }

        if (changed.Name != model.Name || changed.Directory != model.Directory)
            throw Refused($"it describes cluster {changed.Name} in {changed.Directory}, this is {model.Name} in {model.Directory}");
        RequireSuccessor(model, changed);
        return changed;
    }

    /// <summary>The former file may be one that nobody can read any more: then there is nothing to compare with.</summary>
    private void RequireSuccessorOf(string former)
    {
        if (ClusterConfigReader.Read(former, Path, ConfigDefaults.ForFile(Path)).Model is { } known)
            RequireSuccessor(known, model);
    }

    /// <summary>A server that no cluster file names is one that nobody watches, stops or removes.</summary>
    /// <param name="former">The file that was in force.</param>
    /// <param name="next">The one that is to be.</param>
    /// <param name="host">This machine, where it is one of several: others may have data at the same places.</param>
    /// <exception cref="OperationException"><see cref="ErrorCodes.Refused"/>: the next would leave something behind, or data is of another
    /// version than it says.</exception>
    public static void RequireSuccessor(ClusterModel former, ClusterModel next, string? host = null)
    {
        var here = host is null ? former.Nodes : former.FindHost(host)?.Nodes ?? [];
        var left = here.FirstOrDefault(
            node => !next.Nodes.Any(kept => IsSame(kept, node, next)) && !DataDirectoryFiles.IsAbsent(node.DataDirectory));
        if (left is not null)
            throw new OperationException(
                ErrorCodes.Refused, $"the cluster file does not name node {left.Name} in {left.DataDirectory} any more, and it has data",
                $"name it again and run: howdah standby remove {left.Name}; then take it out");
        if (former.PostgresMajor != next.PostgresMajor
            && here.FirstOrDefault(node => DataDirectoryFiles.MajorOf(node.DataDirectory) == former.PostgresMajor) is { } node)
            throw new OperationException(
                ErrorCodes.Refused,
                $"the cluster file says PostgreSQL {next.PostgresMajor}, and {node.DataDirectory} is of {former.PostgresMajor}",
                $"set postgresql = {former.PostgresMajor}: data is not upgraded here");
    }

    /// <summary>On several machines an address stands for the machine.</summary>
    private static bool IsSame(NodeModel kept, NodeModel node, ClusterModel next) =>
        kept.DataDirectory == node.DataDirectory && (next.IsOnOneMachine || kept.Address == node.Address);

    private OperationException Refused(string what) => new(
        ErrorCodes.ConfigurationInvalid, $"the changed cluster file {Path} is not used: {what}",
        "run: howdah config check; what was in force before goes on");
}
