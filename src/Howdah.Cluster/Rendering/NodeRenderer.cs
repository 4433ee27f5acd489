using Howdah.Cluster.Configuration;
using Howdah.Postgres.Settings;

namespace Howdah.Cluster.Rendering;

/// <summary>Renders what is to be in place on a node, for any supported version, each line with its reason.</summary>
public static class NodeRenderer
{
    private const string RecoveryConf = "recovery.conf";
    private const string StandbySignal = "standby.signal";
    private const string RecoverySignal = "recovery.signal";

    public static NodeRendering Render(ClusterModel model, NodeModel node, NodeRole role, RenderOptions options)
    {
        var facts = options.Version.Facts;
        var standby = role == NodeRole.Standby ? StandbySettings.Of(model, node, options) : [];
        var settings = ServerSettings.Of(model, node, options).ToList();
        if (!facts.HasRecoveryConf)
            settings.AddRange(standby);
        List<RenderedFile> files =
        [
            File(
                node,
                NodeRendering.SettingsFileName,
                [
                    new(
                        "",
                        $"Howdah's settings for {node.Name} ({Word(role)} of {model.Name}); rendered, changes are lost. "
                            + "postgresql.conf includes this last."
                    ),
                    .. SettingLines(model, node, options, settings),
                ]
            ),
            File(node, "pg_hba.conf", HbaRules.Of(model, node, options)),
        ];
        if (HbaRules.NeedsUserMap(model, options))
            files.Add(File(node, "pg_ident.conf", HbaRules.UserMap(model, options)));
        List<AbsentFile> absent =
            [.. AbsentReasons(facts.HasRecoveryConf).Select(file => file with { Path = PathIn(node, file.Path) })];
        if (role == NodeRole.Standby)
        {
            var marker = facts.HasRecoveryConf
                ? File(
                    node,
                    RecoveryConf,
                    [
                        new("", "read at start only; PostgreSQL renames it when the standby is promoted"),
                        new(TextOf("standby_mode", "on"), "go on waiting for WAL instead of becoming a primary at its end"),
                        .. standby.Select(Line),
                    ]
                )
                : File(node, StandbySignal, []) with { Reason = "its being there starts the server as a standby" };
            files.Add(marker);
            absent.RemoveAll(file => file.Path == marker.Path);
        }

        return new NodeRendering
        {
            Node = node,
            Role = role,
            Settings = settings,
            Files = files,
            AbsentFiles = absent,
            Slots = role == NodeRole.Primary ? SlotsOn(model, node) : [],
            Roles = role == NodeRole.Primary ? RoleRules.Of(model, options.Version) : [],
        };
    }

    /// <summary>
    /// libpq's passfile in shape: every line that will be there, the password given by <paramref name="passwordOf"/> for a role.
    /// </summary>
    public static RenderedFile RenderPassFile(ClusterModel model, Func<string, string> passwordOf)
    {
        List<RenderedLine> lines = [new("", "libpq reads it; the first line that fits counts: host:port:database:user:password")];
        foreach (var role in new[] { model.Users.Replication, model.Users.Backup })
        {
            foreach (var node in model.Nodes)
                lines.Add(
                    new RenderedLine(
                        string.Join(':', PassField(node.Address), node.Port, "*", PassField(role), PassField(passwordOf(role))),
                        PassReason(model, node, role)
                    )
                );
        }

        return new RenderedFile(model.Paths.PassFile, RenderedFile.OwnerOnly, lines);
    }

    private static string PassReason(ClusterModel model, NodeModel node, string role) =>
        role == model.Users.Replication
            ? $"standbys and the receiver stream from {node.Name}"
            : $"base backups of {node.Name}, and looking at it";

    /// <summary>The markers of recovery by their names (PostgreSQL 11 recovery.conf, 12-18 readRecoverySignalFile).</summary>
    private static AbsentFile[] AbsentReasons(bool hasRecoveryConf) =>
        hasRecoveryConf
            ?
            [
                new(RecoveryConf, "it would start the server as a standby, or in a recovery to a target"),
                new(StandbySignal, "this version does not read it; after an upgrade it would start the server as a standby"),
                new(RecoverySignal, "this version does not read it; after an upgrade it would start a recovery to a target"),
            ]
            :
            [
                new(RecoveryConf, "the server refuses to start where it is"),
                new(StandbySignal, "it would start the server as a standby"),
                new(RecoverySignal, "it would start a recovery to a target"),
            ];

    internal static string Word(NodeRole role) => role == NodeRole.Primary ? "primary" : "standby";

    private static List<RenderedSlot> SlotsOn(ClusterModel model, NodeModel primary) =>
        [
            .. model
                .Nodes.Where(node => node != primary)
                .Select(node => new RenderedSlot(node.SlotName, node.Name, $"keeps the WAL that standby {node.Name} has not received yet")),
            new RenderedSlot(
                model.Backup.SlotName,
                model.Backup.Name,
                $"keeps the WAL that the repository on {model.Backup.Name} does not hold yet"
            ),
        ];

    private static IEnumerable<RenderedLine> SettingLines(
        ClusterModel model,
        NodeModel node,
        RenderOptions options,
        List<RenderedSetting> settings
    )
    {
        foreach (var setting in settings)
            yield return Line(setting);
        if (options.Version.Facts.HasSlotWalBudget && ServerSettings.BudgetOf(model, options) is null)
            yield return new RenderedLine("", $"max_slot_wal_keep_size is set on {node.Name} itself, from the size of its disk");
    }

    private static RenderedLine Line(RenderedSetting setting) => new(TextOf(setting.Name, setting.Value), setting.Reason);

    private static string TextOf(string name, string value) => $"{name} = {ConfValue.Quote(value)}";

    private static RenderedFile File(NodeModel node, string name, IReadOnlyList<RenderedLine> lines) =>
        new(PathIn(node, name), RenderedFile.OwnerOnly, lines);

    private static string PathIn(NodeModel node, string name) => Path.Combine(node.DataDirectory, name);

    /// <summary>':' and '\' are escaped in a passfile (manual 34.16).</summary>
    private static string PassField(string value) =>
        value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace(":", "\\:", StringComparison.Ordinal);
}
