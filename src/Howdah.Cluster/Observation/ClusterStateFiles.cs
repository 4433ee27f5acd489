using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Howdah.Cluster.Configuration;
using Howdah.Cluster.Supervision;
using Howdah.Core.Units;
using Howdah.Postgres.Server;
using Howdah.Storage;

namespace Howdah.Cluster.Observation;

/// <summary>A step that was begun; left behind where the process died in it. For people: what is to be done is always observed
/// anew.</summary>
internal sealed record IntentRecord(string Step, string Text, DateTimeOffset At, int ProcessId);

/// <summary>A configuration that a server did not start with.</summary>
/// <param name="Fingerprint">Of its files; see <see cref="ConfigurationFiles.Fingerprint(string)"/>.</param>
/// <param name="Said">What the server said.</param>
internal sealed record RefusedConfiguration(string Fingerprint, string Said);

/// <summary>What waits for the next restart of a server that was adopted while it ran; see <c>howdah adopt</c>.</summary>
/// <param name="ProcessId">The server's: another one has restarted.</param>
/// <param name="StartTime">When that process began, seconds since 1970.</param>
/// <param name="Deferred">Settings with the value that they wait for.</param>
internal sealed record AdoptedServer(int ProcessId, long StartTime, IReadOnlyDictionary<string, string> Deferred)
{
    /// <summary>It was not restarted since.</summary>
    public bool Is(PostmasterFile postmaster) => ProcessId == postmaster.ProcessId && StartTime == postmaster.StartTime;
}

/// <summary>A renewal of this host's certificate that did not succeed.</summary>
internal sealed record RenewalFailure(DateTimeOffset At, string Reason);

/// <summary>The small files in the cluster's state directory. Each is written whole or not at all.</summary>
internal sealed class ClusterStateFiles(ClusterPaths paths)
{
    private const string RemovedPrefix = "removed-";
    private const string RefusedPrefix = "refused-";

    /// <summary>What a request to rebuild says where the node's data is given up for it.</summary>
    private const string GivenUp = "given up\n";

    private string ProofPath => Path.Combine(paths.StateDirectory, "proof.json");

    private string BudgetPath => Path.Combine(paths.StateDirectory, "slot-wal-budget");

    private string IntentPath => Path.Combine(paths.StateDirectory, "intent.json");

    private string CreationPath => Path.Combine(paths.StateDirectory, "create");

    private string RenewalPath => Path.Combine(paths.StateDirectory, "renewal.json");

    private string LastPrimaryPath => Path.Combine(paths.StateDirectory, "last-primary");

    private string ProtectionPath => Path.Combine(paths.StateDirectory, "protection.json");

    public ProofRecord? ReadProof() => Read(ProofPath, ClusterStateJson.Default.ProofRecord);

    public void WriteProof(ProofRecord proof) => Write(ProofPath, proof, ClusterStateJson.Default.ProofRecord);

    public ProtectionRecord? ReadProtection() => Read(ProtectionPath, ClusterStateJson.Default.ProtectionRecord);

    public void WriteProtection(ProtectionRecord protection) =>
        Write(ProtectionPath, protection, ClusterStateJson.Default.ProtectionRecord);

    /// <summary>Null where the last renewal succeeded, or none was needed.</summary>
    public RenewalFailure? ReadRenewalFailure() => Read(RenewalPath, ClusterStateJson.Default.RenewalFailure);

    public void WriteRenewalFailure(RenewalFailure failure) => Write(RenewalPath, failure, ClusterStateJson.Default.RenewalFailure);

    public void ClearRenewalFailure()
    {
        // Deleting what is not there is fine; in a directory that is not there, it is not.
        if (Presence.OfFile(RenewalPath))
            Delete(RenewalPath);
    }

    public IntentRecord? ReadIntent() => Read(IntentPath, ClusterStateJson.Default.IntentRecord);

    public void WriteIntent(IntentRecord intent) => Write(IntentPath, intent, ClusterStateJson.Default.IntentRecord);

    public void ClearIntent() => Delete(IntentPath);

    /// <summary>Derived once and then kept: free space changes all the time, and a setting that follows it would never be at
    /// rest.</summary>
    public ByteSize? ReadSlotWalBudget() =>
        Presence.OfFile(BudgetPath)
        && long.TryParse(File.ReadAllText(BudgetPath), NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var bytes)
        && bytes > 0
            ? new ByteSize(bytes)
            : null;

    public void WriteSlotWalBudget(ByteSize budget) =>
        Put(BudgetPath, string.Create(CultureInfo.InvariantCulture, $"{budget.Bytes}\n"));

    /// <summary>The node that was seen to accept writes last; null where none was. A host that comes back asks for it.</summary>
    public string? ReadLastPrimary() => Presence.OfFile(LastPrimaryPath) ? File.ReadAllText(LastPrimaryPath).TrimEnd('\n') : null;

    public void WriteLastPrimary(string node) => Put(LastPrimaryPath, node + "\n");

    /// <summary>Somebody asked for a new database system on this host, and it was not made yet.</summary>
    public bool IsCreationRequested => Presence.OfFile(CreationPath);

    public void RequestCreation() => Put(CreationPath, string.Empty);

    public void ClearCreation() => Delete(CreationPath);

    public bool IsRebuildRequested(string node) => Presence.OfFile(RebuildPath(node));

    public void RequestRebuild(string node)
    {
        // One that is there may say more.
        if (!IsRebuildRequested(node))
            Put(RebuildPath(node), string.Empty);
    }

    /// <summary>A person decided that another node's data is the right one, and that this one's makes way.</summary>
    public bool IsGivenUp(string node) =>
        IsRebuildRequested(node) && string.Equals(File.ReadAllText(RebuildPath(node)), GivenUp, StringComparison.Ordinal);

    public void GiveUp(string node) => Put(RebuildPath(node), GivenUp);

    public void ClearRebuild(string node) => Delete(RebuildPath(node));

    /// <summary>A person took the node out; it stays out, though the cluster file may name it, until it is added again.</summary>
    public bool IsRemoved(string node) => Presence.OfFile(RemovedPath(node));

    public void NoteRemoved(string node) => Put(RemovedPath(node), string.Empty);

    public void ClearRemoved(string node) => Delete(RemovedPath(node));

    public RefusedConfiguration? ReadRefused(string node) => Read(RefusedPath(node), ClusterStateJson.Default.RefusedConfiguration);

    public void WriteRefused(string node, RefusedConfiguration refused) =>
        Write(RefusedPath(node), refused, ClusterStateJson.Default.RefusedConfiguration);

    /// <summary>Null where nothing waits.</summary>
    public AdoptedServer? ReadAdopted(string node) => Read(AdoptedPath(node), ClusterStateJson.Default.AdoptedServer);

    public void WriteAdopted(string node, AdoptedServer adopted) =>
        Write(AdoptedPath(node), adopted, ClusterStateJson.Default.AdoptedServer);

    public void ClearRefused() => DeleteExcept(RefusedPrefix, kept: []);

    /// <summary>The directory with copies of the configuration files that a node last started with.</summary>
    public string StartedDirectory(string node) => Path.Combine(paths.StateDirectory, $"started-{node}");

    /// <summary>A node that the cluster file does not name any more may come back under its name as a new one.</summary>
    public void ForgetRemovedExcept(IEnumerable<string> nodes) =>
        DeleteExcept(RemovedPrefix, nodes.Select(RemovedPath).ToHashSet(StringComparer.Ordinal));

    private void DeleteExcept(string prefix, HashSet<string> kept)
    {
        if (!Presence.OfDirectory(paths.StateDirectory))
            return;
        foreach (var path in Directory.EnumerateFiles(paths.StateDirectory, prefix + "*").Where(path => !kept.Contains(path)))
            Delete(path);
    }

    private string RemovedPath(string node) => Path.Combine(paths.StateDirectory, RemovedPrefix + node);

    private string AdoptedPath(string node) => Path.Combine(paths.StateDirectory, $"adopted-{node}.json");

    private string RefusedPath(string node) => Path.Combine(paths.StateDirectory, $"{RefusedPrefix}{node}.json");

    private string RebuildPath(string node) => Path.Combine(paths.StateDirectory, $"rebuild-{node}");

    private static T? Read<T>(string path, JsonTypeInfo<T> type)
        where T : class
    {
        if (!Presence.OfFile(path))
            return null;
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), type);
        }
        catch (JsonException)
        {
            // Written whole by us; something else was here. It is only a memory of what can be observed or done again.
            return null;
        }
    }

    private static void Write<T>(string path, T value, JsonTypeInfo<T> type) =>
        Put(path, JsonSerializer.SerializeToUtf8Bytes(value, type));

    private static void Put(string path, string text) => Put(path, Encoding.UTF8.GetBytes(text));

    private static void Delete(string path) => StorageFailure.Run($"deleting {path}", () => File.Delete(path));

    /// <summary>A full disk is a failure like any other, which whoever watches outlives.</summary>
    private static void Put(string path, byte[] content) => StorageFailure.Run($"writing {path}", () => AtomicFile.Write(path, content));
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    WriteIndented = true,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(ProofRecord))]
[JsonSerializable(typeof(IntentRecord))]
[JsonSerializable(typeof(ProtectionRecord))]
[JsonSerializable(typeof(RefusedConfiguration))]
[JsonSerializable(typeof(RenewalFailure))]
[JsonSerializable(typeof(AdoptedServer))]
internal sealed partial class ClusterStateJson : JsonSerializerContext;
