using System.Globalization;
using System.Text;

namespace Howdah.Cluster.Configuration;

/// <summary>The least that a cluster file says, for people to go on from.</summary>
/// <param name="Name">The cluster's.</param>
/// <param name="PostgresMajor">What every node runs.</param>
/// <param name="Nodes">Name and address; the first is the initial primary.</param>
/// <param name="Backup">Name and address of the backup host.</param>
public sealed record NewClusterFile(
    string Name, int PostgresMajor, IReadOnlyList<(string Name, string Address)> Nodes, (string Name, string Address) Backup)
{
    /// <summary>Its text; whether the values are good is seen by reading it.</summary>
    public string ToText()
    {
        var text = new StringBuilder("# What else it may say: howdah config schema\n\n[cluster]\n");
        text.Append(CultureInfo.InvariantCulture, $"name = {TomlString.Quote(Name)}\npostgresql = {PostgresMajor}\n");
        foreach (var node in Nodes)
            Append(text, $"[[nodes]]{(node == Nodes[0] ? "  # the first is the initial primary" : "")}", node);
        Append(text, "[backup]", Backup);
        return text.ToString();
    }

    private static void Append(StringBuilder text, string header, (string Name, string Address) host) => text.Append(
        CultureInfo.InvariantCulture,
        $"\n{header}\nname = {TomlString.Quote(host.Name)}\naddress = {TomlString.Quote(host.Address)}\n");
}
