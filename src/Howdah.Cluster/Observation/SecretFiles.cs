using System.Security.Cryptography;
using Howdah.Cluster.Configuration;
using Howdah.Cluster.Rendering;
using Howdah.Core.Errors;
using Howdah.Core.Units;
using Howdah.Storage;

namespace Howdah.Cluster.Observation;

/// <summary>Passwords of the cluster's roles: one file of mode 0600 for each, and the passfile made of them.</summary>
internal sealed class SecretFiles(ClusterModel model)
{
    /// <summary>24 random bytes: 192 bits, 32 characters.</summary>
    private const int PasswordBytes = 24;

    private const string Suffix = ".password";

    private IEnumerable<string> Roles => [model.Users.Replication, model.Users.Backup];

    /// <summary>Clusters that were made by an early version have the superuser's; it goes in by its socket alone.</summary>
    private string SuperuserPath => PathOf(model.Users.Superuser);

    public bool AreComplete =>
        !Presence.OfFile(SuperuserPath)
        && Roles.All(role => Presence.OfFile(PathOf(role)))
        && Presence.OfFile(model.Paths.PassFile)
        && string.Equals(File.ReadAllText(model.Paths.PassFile), PassFileContent(), StringComparison.Ordinal);

    /// <summary>Null where there is none yet.</summary>
    public Secret? Find(string role) => Presence.OfFile(PathOf(role)) ? new Secret(File.ReadAllText(PathOf(role)).TrimEnd('\n')) : null;

    /// <summary>Makes the passwords that are missing and writes the passfile. One that exists stays.</summary>
    public void Complete()
    {
        DirectorySync.Create(model.Paths.SecretsDirectory);
        foreach (var role in Roles.Where(role => Find(role) is null))
            AtomicFile.Write(PathOf(role), NewPassword() + "\n");
        WritePassFile();
    }

    /// <summary>Writes the passfile from the passwords that are there, and forgets the superuser's.</summary>
    /// <exception cref="OperationException"><see cref="ErrorCodes.ClusterNotFound"/>: one is missing, and another host has it.</exception>
    public void WritePassFile()
    {
        if (Roles.FirstOrDefault(role => Find(role) is null) is { } missing)
            throw new OperationException(
                ErrorCodes.ClusterNotFound, $"the password of {missing} is not on this host",
                "copy it from another host's secrets directory, or join the cluster anew");
        if (Presence.OfFile(SuperuserPath))
            File.Delete(SuperuserPath);
        AtomicFile.Write(model.Paths.PassFile, PassFileContent());
    }

    public static string NewPassword() =>
        Convert.ToBase64String(RandomNumberGenerator.GetBytes(PasswordBytes)).Replace('+', '-').Replace('/', '_');

    /// <summary>Takes passwords that another host has made, in place of those that are here.</summary>
    public static void Store(ClusterPaths paths, IReadOnlyDictionary<string, string> passwords)
    {
        DirectorySync.Create(paths.SecretsDirectory);
        foreach (var (role, password) in passwords)
            AtomicFile.Write(PathOf(paths, role), password + "\n");
    }

    /// <summary>All passwords that are here, by role.</summary>
    public static IReadOnlyDictionary<string, string> ReadAll(ClusterPaths paths)
    {
        var files = Presence.OfDirectory(paths.SecretsDirectory)
            ? Directory.EnumerateFiles(paths.SecretsDirectory, $"*{Suffix}")
            : [];
        return files.ToDictionary(
            path => Uri.UnescapeDataString(Path.GetFileName(path)[..^Suffix.Length]),
            path => File.ReadAllText(path).TrimEnd('\n'),
            StringComparer.Ordinal);
    }

    private string PassFileContent() => NodeRenderer.RenderPassFile(model, role => Find(role)!.Reveal()).Content;

    private string PathOf(string role) => PathOf(model.Paths, role);

    private static string PathOf(ClusterPaths paths, string role) =>
        Path.Combine(paths.SecretsDirectory, $"{Uri.EscapeDataString(role)}{Suffix}");
}
