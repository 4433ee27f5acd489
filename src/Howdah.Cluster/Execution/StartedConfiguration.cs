using Howdah.Cluster.Observation;
using Howdah.Cluster.Rendering;
using Howdah.Storage;

namespace Howdah.Cluster.Execution;

/// <summary>Copies of the configuration files that a server was last seen to run with.</summary>
/// <param name="directory">Where they are kept.</param>
/// <param name="dataDirectory">The server's own.</param>
internal sealed class StartedConfiguration(string directory, string dataDirectory)
{
    /// <summary>There are copies, and they are not what the data directory holds.</summary>
    public bool IsAnother => Presence.OfDirectory(directory)
        && ConfigurationFiles.StartFiles.All(name => Presence.OfFile(Path.Combine(directory, name)))
        && ConfigurationFiles.Fingerprint(directory) != ConfigurationFiles.Fingerprint(dataDirectory);

    /// <summary>The server runs with what the data directory holds, where that is whole.</summary>
    public void Keep()
    {
        if (!ConfigurationFiles.StartFiles.All(name => Presence.OfFile(Path.Combine(dataDirectory, name))))
            return;
        DirectorySync.Create(directory);
        Contents.Of(dataDirectory).PutInto(directory);
    }

    /// <summary>Puts the copies into the data directory.</summary>
    /// <returns>What was there.</returns>
    public Contents PutBack()
    {
        var current = Contents.Of(dataDirectory);
        Contents.Of(directory).PutInto(dataDirectory);
        return current;
    }

    /// <summary>The files of a directory in memory.</summary>
    internal sealed class Contents
    {
        private readonly IReadOnlyList<(string Name, string Text)> _files;

        private Contents(IReadOnlyList<(string Name, string Text)> files) => _files = files;

        public static Contents Of(string directory) =>
            new([.. ConfigurationFiles.StartFiles.Select(name => (name, File.ReadAllText(Path.Combine(directory, name))))]);

        public void PutInto(string directory)
        {
            foreach (var (name, text) in _files)
                AtomicFile.Write(Path.Combine(directory, name), text, RenderedFile.OwnerOnly);
        }
    }
}
