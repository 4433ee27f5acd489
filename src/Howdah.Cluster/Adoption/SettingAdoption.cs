using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Howdah.Cluster.Configuration;
using Howdah.Cluster.Rendering;

namespace Howdah.Cluster.Adoption;

/// <summary>
/// What becomes of the settings of a server: kept in the cluster file, changed by what Howdah renders, left in the server's own files, or
/// taken out of them. Pure.
/// </summary>
/// <param name="model">The cluster file, with the slots that are in use.</param>
/// <param name="server">Whose settings.</param>
/// <param name="strangers">Who else needs a sender and a slot.</param>
internal sealed class SettingAdoption(ClusterModel model, FoundServer server, Strangers strangers)
{
    /// <summary>What initdb has set after the place that the server was made in: it goes with the data, and no person chose it.</summary>
    private static readonly HashSet<string> OfPlace = new(StringComparer.OrdinalIgnoreCase)
    {
        "lc_messages", "lc_monetary", "lc_numeric", "lc_time", "default_text_search_config", "datestyle", "timezone", "log_timezone",
        "dynamic_shared_memory_type",
    };

    /// <summary>
    /// What a running server does as well without: Howdah reaches it through a link in its own socket directory, and the rest are names.
    /// </summary>
    private static readonly HashSet<string> Deferrable = new(StringComparer.OrdinalIgnoreCase)
    {
        "unix_socket_directories", "unix_socket_permissions", "cluster_name",
    };

    /// <summary>In the order of the files, of each name what counts.</summary>
    private List<FileSetting> InForce() =>
    [
        .. server.FileSettings.GroupBy(setting => setting.Name, StringComparer.OrdinalIgnoreCase).Select(group => group.Last())
            .Where(setting => Path.GetFileName(setting.File) != NodeRendering.SettingsFileName),
    ];

    /// <summary>What the cluster file is to have of a primary's settings.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Kept()
    {
        var kept = InForce()
            .Where(setting => IsUsers(setting.Name) && !OfPlace.Contains(setting.Name) && !IsDebians(setting)
                && !model.ExtraSettings.ContainsKey(setting.Name) && !IsDefault(setting) && WhyNot(setting) is null)
            .Select(setting => KeyValuePair.Create(setting.Name.ToLowerInvariant(), setting.Value))
            .ToList();
        // Everybody who streams now needs a seat beside ours.
        foreach (var name in new[] { "max_wal_senders", "max_replication_slots" })
            Raise(kept, name);
        return kept;
    }

    /// <summary>What is different once Howdah's files are in place.</summary>
    /// <param name="wanted">What is rendered for the node, from the cluster file as it will be.</param>
    public IReadOnlyList<SettingChange> Changes(NodeRendering wanted)
    {
        var changes = new List<SettingChange>();
        foreach (var setting in wanted.Settings)
        {
            // A setting of an extension that is not loaded is known to nobody yet.
            if (server.Settings.TryGetValue(setting.Name, out var found) && !found.Kind.AreSame(found.Shown, setting.Value))
                changes.Add(new(
                    setting.Name, OwnedSettings.Shown(setting.Name, found.Shown), OwnedSettings.Shown(setting.Name, setting.Value),
                    setting.Reason, MomentOf(found, setting)));
        }

        return changes;
    }

    /// <summary>What stays in the server's files, beside Howdah's.</summary>
    public IReadOnlyList<SettingRemark> Stays(NodeRendering wanted)
    {
        var known = wanted.Settings.Select(setting => setting.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
        return
        [
            .. InForce().Where(setting => !known.Contains(setting.Name) && !OfPlace.Contains(setting.Name) && !IsDefault(setting))
                .Select(setting => (setting.Name, setting.Value, Reason: WhyStays(setting)))
                .Where(setting => setting.Reason is not null)
                .Select(setting => new SettingRemark(setting.Name, setting.Value, setting.Reason!)),
        ];
    }

    private string? WhyStays(FileSetting setting) => OwnedSettings.WhyBeside(setting.Name)
        ?? (IsUsers(setting.Name) && !IsDebians(setting) ? WhyNot(setting) ?? "only on this node" : null);

    /// <summary>What would overrule Howdah, or would keep a server from starting elsewhere.</summary>
    public IReadOnlyList<SettingRemark> Removed(NodeRendering wanted)
    {
        var rendered = wanted.Settings.Select(setting => setting.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
        return
        [
            .. InForce()
                .Where(setting => !rendered.Contains(setting.Name) && OwnedSettings.WhyBeside(setting.Name) is null
                    && (!IsUsers(setting.Name) || IsDebians(setting)))
                .Select(setting => new SettingRemark(
                    setting.Name, OwnedSettings.Shown(setting.Name, setting.Value),
                    OwnedSettings.WhyOwned(setting.Name) ?? "the directory is gone after the next boot")),
        ];
    }

    /// <summary>What is to wait for the next restart.</summary>
    public IReadOnlyDictionary<string, string> Deferred(IEnumerable<SettingChange> changes, IEnumerable<SettingRemark> removed)
    {
        var deferred = changes.Where(change => change.Moment == SettingMoment.NextRestart)
            .ToDictionary(change => change.Name, change => change.To, StringComparer.Ordinal);
        foreach (var setting in removed.Select(setting => setting.Name.ToLowerInvariant()).Append("config_file"))
        {
            if (server.Settings.TryGetValue(setting, out var found) && (found.NeedsRestart || found.IsFromCommandLine))
                deferred.TryAdd(found.Name, "");
        }

        if (!server.Settings.TryGetValue("config_file", out var main) || !main.IsFromCommandLine)
            deferred.Remove("config_file");
        return deferred;
    }

    private static SettingMoment MomentOf(FoundSetting found, RenderedSetting wanted)
    {
        if (Deferrable.Contains(found.Name) || (found.Name == "listen_addresses" && Covers(found.Shown, wanted.Value)))
            return SettingMoment.NextRestart;
        return found.NeedsRestart || found.IsFromCommandLine ? SettingMoment.Restart : SettingMoment.Reload;
    }

    /// <summary>Whoever connects to the address is heard already.</summary>
    private static bool Covers(string listened, string address)
    {
        var isVersion6 = IPAddress.TryParse(address, out var parsed) && parsed.AddressFamily == AddressFamily.InterNetworkV6;
        return listened.Split(',', StringSplitOptions.TrimEntries).Any(place =>
            place == "*" || place == (isVersion6 ? "::" : "0.0.0.0") || string.Equals(place, address, StringComparison.OrdinalIgnoreCase)
            || (place == "localhost" && address is "127.0.0.1"));
    }

    private void Raise(List<KeyValuePair<string, string>> kept, string name)
    {
        var others = name == "max_wal_senders" ? strangers.Followers.Count : strangers.Slots.Count;
        if (model.ExtraSettings.ContainsKey(name) || others == 0)
            return;
        var needed = model.Nodes.Count + SpareSeats + others;
        var at = kept.FindIndex(setting => setting.Key == name);
        var has = ServerSettings.UsualSenders(model);
        if (at >= 0 && !int.TryParse(kept[at].Value, NumberStyles.None, CultureInfo.InvariantCulture, out has))
            return;
        if (has >= needed)
            return;
        var raised = KeyValuePair.Create(name, needed.ToString(CultureInfo.InvariantCulture));
        if (at < 0)
            kept.Add(raised);
        else
            kept[at] = raised;
    }

    /// <summary>The receiver, and two for a base backup and a clone; as <see cref="OwnedSettings"/> wants at least.</summary>
    private const int SpareSeats = 3;

    private bool IsUsers(string name) =>
        OwnedSettings.WhyOwned(name) is null
        && (model.IsOnOneMachine || !ServerSettings.TlsNames.Contains(name, StringComparer.OrdinalIgnoreCase));

    /// <summary>Made by pg_ctlcluster before each start, which Howdah does not call.</summary>
    private static bool IsDebians(FileSetting setting) =>
        string.Equals(setting.Name, "stats_temp_directory", StringComparison.OrdinalIgnoreCase)
        && (setting.Value.StartsWith("/var/run/", StringComparison.Ordinal) || setting.Value.StartsWith("/run/", StringComparison.Ordinal));

    private bool IsDefault(FileSetting setting) =>
        server.Settings.TryGetValue(setting.Name, out var found) && found.Default.Length > 0
        && found.Kind.AreSame(setting.Value, found.Default);

    /// <summary>Why a user's setting cannot be in the cluster file; null where it can.</summary>
    private string? WhyNot(FileSetting setting) =>
        OwnedSettings.Check(setting.Name, setting.Value, model.PostgresMajor, model.Nodes.Count) is { } wrong ? wrong.Message : null;
}
