using System.Globalization;
using System.Text;
using Howdah.Cluster.Configuration;
using Howdah.Postgres.Sql;

namespace Howdah.Cluster.Rendering;

/// <summary>A rendering as <c>howdah render</c> prints it: every file with its path, then slots, roles and grants as SQL.</summary>
public static class RenderingText
{
    public static string Of(NodeRendering rendering)
    {
        var text = new StringBuilder();
        var node = rendering.Node;
        text.Append(
            CultureInfo.InvariantCulture,
            $"##### {node.Name}, {NodeRenderer.Word(rendering.Role)}, {node.Address} port {node.Port}\n\n"
        );
        text.Append(
            CultureInfo.InvariantCulture,
            $"=== {Path.Combine(node.DataDirectory, "postgresql.conf")}, at its end: {NodeRendering.IncludeReason}\n"
            + $"{NodeRendering.IncludeLine}\n\n"
        );
        foreach (var file in rendering.Files)
            AppendFile(text, file);
        if (rendering.AbsentFiles.Count > 0)
            AppendPart(text, new("not to be there", [.. rendering.AbsentFiles.Select(file => new RenderedLine(file.Path, file.Reason))]));
        if (rendering.Slots.Count > 0)
            AppendSlots(text, rendering.Slots);
        foreach (var role in rendering.Roles)
            AppendRole(text, role);
        return text.ToString();
    }

    public static string Of(BackupHostRendering rendering)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"##### {rendering.Backup.Name}, backup host, {rendering.Backup.Address}\n\n");
        foreach (var part in rendering.Parts)
            AppendPart(text, part);
        return text.ToString();
    }

    /// <summary>The passfile with its passwords left out.</summary>
    public static string PassFileOf(ClusterModel model)
    {
        var text = new StringBuilder();
        AppendFile(text, NodeRenderer.RenderPassFile(model, _ => "***"));
        return text.ToString();
    }

    private static void AppendFile(StringBuilder text, RenderedFile file)
    {
        text.Append(CultureInfo.InvariantCulture, $"=== {file.Path}, mode {Convert.ToString((int)file.Mode, 8).PadLeft(4, '0')}");
        text.Append(file.Lines.Count == 0 ? $", empty: {file.Reason}\n\n" : "\n").Append(file.Content);
        if (file.Lines.Count > 0)
            text.Append('\n');
    }

    private static void AppendPart(StringBuilder text, RenderedPart part)
    {
        text.Append(CultureInfo.InvariantCulture, $"=== {part.Title}\n");
        foreach (var line in part.Lines)
            text.Append(CultureInfo.InvariantCulture, $"# {line.Reason}\n{line.Text}\n");
        text.Append('\n');
    }

    private static void AppendSlots(StringBuilder text, IReadOnlyList<RenderedSlot> slots)
    {
        text.Append("=== slots\n");
        foreach (var slot in slots)
            text.Append(
                CultureInfo.InvariantCulture,
                $"-- {slot.Reason}\nselect pg_create_physical_replication_slot({SqlText.Literal(slot.Name)}, true);\n"
            );
        text.Append('\n');
    }

    private static void AppendRole(StringBuilder text, RenderedRole role)
    {
        text.Append(CultureInfo.InvariantCulture, $"=== role {role.Name}: {role.Reason}\n");
        foreach (var statement in role.Statements)
            text.Append(CultureInfo.InvariantCulture, $"-- {statement.Reason}\n{statement.Text};\n");
        text.Append("-- computed before it is sent: the password itself reaches neither the server nor its log\n");
        text.Append(role.PasswordStatement("SCRAM-SHA-256$…")).Append(";\n\n");
    }
}
