using Howdah.Cluster.Configuration;
using Howdah.Cluster.Rendering;
using Howdah.Core.Errors;
using Howdah.Postgres.Server;

namespace Howdah.Cluster.Execution;

/// <summary>
/// Lets the server program itself read what the cluster file makes of its configuration, before any of it is put in place: it knows its
/// settings' names, units and ranges best.
/// </summary>
internal static class SettingsTrial
{
    /// <summary>Any setting: to answer, the program must have accepted all of them.</summary>
    private const string AnySetting = "port";

    /// <exception cref="OperationException"><see cref="ErrorCodes.ConfigurationInvalid"/>: what PostgreSQL would refuse.</exception>
    public static async Task RunAsync(
        ClusterModel model, PostgresInstallation installation, RenderOptions options, CancellationToken cancellationToken)
    {
        var scratch = Directory.CreateTempSubdirectory("howdah-settings-");
        try
        {
            // Its program is run by somebody else then, who has to read it.
            if (UnprivilegedUser.IsRoot)
                UnprivilegedUser.OfServers().Own(scratch.FullName);
            foreach (var node in model.Nodes)
            {
                var rendering = NodeRenderer.Render(model, node, NodeRole.Primary, options);
                var file = rendering.Files.First(file => Path.GetFileName(file.Path) == NodeRendering.SettingsFileName);
                var path = Path.Combine(scratch.FullName, NodeRendering.SettingsFileName);
                await File.WriteAllTextAsync(path, file.Content, cancellationToken);
                await ReadAsync(installation, scratch.FullName, path, node, cancellationToken);
            }
        }
        finally
        {
            scratch.Delete(recursive: true);
        }
    }

    private static async Task ReadAsync(
        PostgresInstallation installation, string scratch, string path, NodeModel node, CancellationToken cancellationToken)
    {
        try
        {
            await ConfigurationProbe.ReadAsync(installation, scratch, path, AnySetting, cancellationToken);
        }
        catch (OperationException refused) when (refused.Code == ErrorCodes.SettingsFileInvalid)
        {
            var said = refused.Message.Replace($" in file \"{path}\"", $" of what is rendered for {node.Name}", StringComparison.Ordinal);
            throw new OperationException(
                ErrorCodes.ConfigurationInvalid, $"the cluster file's settings for {node.Name}: {said}",
                "correct [settings] in the cluster file; nothing was changed", refused);
        }
    }
}
