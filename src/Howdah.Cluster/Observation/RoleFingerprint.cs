using System.Security.Cryptography;
using System.Text;
using Howdah.Cluster.Rendering;

namespace Howdah.Cluster.Observation;

/// <summary>
/// Tells whether a role's statements have been carried out: their digest stands in the role's comment, which every version keeps.
/// </summary>
internal static class RoleFingerprint
{
    private const string Mark = "howdah:";

    public static string Of(RenderedRole role)
    {
        var text = string.Join('\n', role.Statements.Select(statement => statement.Text));
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 8));
    }

    /// <summary>The comment that a role gets.</summary>
    public static string Comment(RenderedRole role) => $"{role.Reason} ({Mark}{Of(role)})";

    public static string? Read(string? comment)
    {
        var start = comment?.LastIndexOf(Mark, StringComparison.Ordinal) ?? -1;
        return start < 0 ? null : comment![(start + Mark.Length)..].TrimEnd(')');
    }
}
