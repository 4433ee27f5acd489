using System.Text.Json;
using Howdah.Cluster.Configuration;
using Howdah.Cluster.Observation;
using Howdah.Core.Errors;
using Howdah.Storage;

namespace Howdah.Cluster.Agents;

/// <summary>
/// The applied cluster file of this host: text and revision in one file, written whole, so that they never disagree; and a copy under the
/// usual name for people and commands. Thread-safe within a process; one process writes.
/// </summary>
public sealed class ClusterFileStore(ClusterPaths paths)
{
    private readonly Lock _gate = new();

    private string Record => Path.Combine(paths.Root, "cluster-file.json");

    /// <summary>Null where none was applied: the cluster is on one machine, or this host is not in it.</summary>
    public ClusterFileRevision? Read()
    {
        if (!Presence.OfFile(Record))
            return null;
        try
        {
            return StorageFailure.Run(
                $"reading {Record}", () => JsonSerializer.Deserialize(File.ReadAllBytes(Record), AgentJson.Default.ClusterFileRevision));
        }
        catch (JsonException exception)
        {
            throw new OperationException(
                ErrorCodes.ConfigurationInvalid, $"reading {Record}: {exception.Message}", "join the cluster again", exception);
        }
    }

    /// <summary>Takes the revision, and the passwords that go along, where it is newer than ours; true where it was.</summary>
    public bool Install(ClusterFileRevision offered)
    {
        lock (_gate)
        {
            if (Read() is { } current && !offered.Mark.IsNewerThan(current.Mark))
                return false;
            DirectorySync.Create(paths.Root);
            // First: with the revision in place nobody would offer them again.
            if (offered.Passwords is { } passwords)
                SecretFiles.Store(paths, passwords);
            var kept = offered with { Passwords = null };
            AtomicFile.Write(Record, JsonSerializer.SerializeToUtf8Bytes(kept, AgentJson.Default.ClusterFileRevision));
            AtomicFile.Write(paths.ClusterFile, offered.Text);
            return true;
        }
    }
}
