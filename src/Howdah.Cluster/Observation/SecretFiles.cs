using System.Security.Cryptography;
using Howdah.Cluster.Configuration;
using Howdah.Cluster.Rendering;
using Howdah.Core.Units;
using Howdah.Storage;

namespace Howdah.Cluster.Observation;

/// <summary>Passwords of the cluster's roles: one file of mode 0600 for each, and the passfile made of them.</summary>
internal sealed class SecretFiles(ClusterModel model)
{
    /// <summary>24 random bytes: 192 bits, 32 characters.</summary>
    private const int PasswordBytes = 24;

    private IEnumerable<string> Roles =>
        new[] { model.Users.Replication, model.Users.Backup, model.Users.Superuser }.Distinct(StringComparer.Ordinal);

    public bool AreComplete =>
        Roles.All(role => Presence.OfFile(PathOf(role)))
        && Presence.OfFile(model.Paths.PassFile)
        && string.Equals(File.ReadAllText(model.Paths.PassFile), PassFileContent(), StringComparison.Ordinal);

    /// <summary>Null where there is none yet.</summary>
    public Secret? Find(string role) => Presence.OfFile(PathOf(role)) ? new Secret(File.ReadAllText(PathOf(role)).TrimEnd('\n')) : null;

    /// <summary>Makes what is missing. A password that exists is never changed.</summary>
    public void Complete()
    {
        DirectorySync.Create(model.Paths.SecretsDirectory);
        foreach (var role in Roles.Where(role => !Presence.OfFile(PathOf(role))))
        {
            var password = Convert.ToBase64String(RandomNumberGenerator.GetBytes(PasswordBytes)).Replace('+', '-').Replace('/', '_');
            AtomicFile.Write(PathOf(role), password + "\n");
        }

        AtomicFile.Write(model.Paths.PassFile, PassFileContent());
    }

    private string PassFileContent() => NodeRenderer.RenderPassFile(model, role => Find(role)!.Reveal()).Content;

    private string PathOf(string role) => Path.Combine(model.Paths.SecretsDirectory, $"{Uri.EscapeDataString(role)}.password");
}
