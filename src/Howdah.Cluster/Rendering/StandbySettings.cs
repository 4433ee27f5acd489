using System.Globalization;
using Howdah.Cluster.Configuration;
using Howdah.Postgres.ConnectionStrings;
using Howdah.Postgres.Versions;

namespace Howdah.Cluster.Rendering;

/// <summary>What makes a node follow another: lines of recovery.conf up to 11, settings from 12 on.</summary>
internal static class StandbySettings
{
    public static IReadOnlyList<RenderedSetting> Of(ClusterModel model, NodeModel node, RenderOptions options)
    {
        var primary = options.Primary ?? model.InitialPrimary;
        List<RenderedSetting> settings =
        [
            new(
                "primary_conninfo",
                ConnectionString(model, node, primary, options.Version),
                $"streams WAL from {primary.Name}; the password is in the passfile"
            ),
            new("primary_slot_name", node.SlotName, $"{primary.Name} keeps WAL until this standby has received it"),
            new("recovery_target_timeline", "latest", "follows when another node is promoted"),
        ];
        if (options.FetchWalCommand is { } fetch)
            settings.Add(new("restore_command", fetch, "catches up from the repository should the slot have lost WAL"));
        return settings;
    }

    /// <summary>Only keywords that the libpq of that very version knows: one too many and the standby does not stream at all.</summary>
    private static string ConnectionString(ClusterModel model, NodeModel node, NodeModel primary, PostgresVersion version)
    {
        List<(string Keyword, string Value)> parts =
        [
            ("host", primary.Address),
            ("port", primary.Port.ToString(CultureInfo.InvariantCulture)),
            ("user", model.Users.Replication),
            ("passfile", model.Paths.PassFile),
            ("application_name", node.ApplicationName),
            ("connect_timeout", "10"),
            ("keepalives_idle", "30"),
            ("keepalives_interval", "10"),
            ("keepalives_count", "3"),
        ];
        if (!model.IsOnOneMachine)
        {
            parts.Add(("sslmode", "verify-full"));
            parts.Add(("sslrootcert", model.Paths.Trust.CaCertificate));
            // A host whose certificate was taken back has the address of a primary still, and does not have its passwords.
            if (version.Facts.HasChannelBinding)
                parts.Add(("channel_binding", "require"));
        }

        if (version.Facts.HasTcpUserTimeout)
            parts.Add(("tcp_user_timeout", "60000"));
        if (version.Facts.HasRequireAuth)
            parts.Add(("require_auth", "scram-sha-256"));
        return ConninfoText.Join(parts);
    }
}
