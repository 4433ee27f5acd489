using Howdah.Cluster.Configuration;
using Howdah.Cluster.Rendering;
using Howdah.Postgres.Replication;
using Howdah.Postgres.Settings;

namespace Howdah.Cluster.Adoption;

/// <summary>What was found on this machine.</summary>
internal sealed record FoundHost
{
    public required IReadOnlyList<FoundServer> Servers { get; init; }

    /// <summary>Why a node of this machine could not be looked at.</summary>
    public IReadOnlyList<AdoptionProblem> Problems { get; init; } = [];

    /// <summary>Nodes of this machine without data.</summary>
    public IReadOnlyList<NodeModel> Absent { get; init; } = [];

    /// <summary>What is noted already as waiting for a node's next restart, while its server is the same.</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> Deferred { get; init; } =
        new Dictionary<string, IReadOnlyDictionary<string, string>>(StringComparer.Ordinal);
}

/// <summary>Decides what adopting means: from the cluster file and what was found. Pure.</summary>
internal sealed class AdoptionPlanner
{
    private static readonly Dictionary<string, string> NothingDeferred = new(StringComparer.Ordinal);

    private readonly FoundHost _found;
    private readonly AdoptionOptions _options;
    private readonly RenderOptions _rendering;
    private readonly ConfigDefaults _defaults;
    private readonly List<AdoptionProblem> _problems;
    private readonly List<string> _hbaLines = [];
    private readonly Dictionary<string, HbaAdoption> _hba = new(StringComparer.Ordinal);
    private ClusterModel _model;

    private AdoptionPlanner(ClusterModel model, FoundHost found, AdoptionOptions options, RenderOptions rendering)
    {
        _model = model;
        _found = found;
        _options = options;
        _rendering = rendering;
        _problems = [.. found.Problems];
        // The text is the model's own, so whatever its defaults were, its directory is known.
        _defaults = new ConfigDefaults { ClusterRoot = Path.GetDirectoryName(model.Directory) ?? "/" };
    }

    public static AdoptionPlan Plan(ClusterModel model, FoundHost found, AdoptionOptions options, RenderOptions rendering) =>
        new AdoptionPlanner(model, found, options, rendering).Run();

    private FoundServer? Primary => _found.Servers.FirstOrDefault(server => !server.InRecovery);

    private AdoptionPlan Run()
    {
        if (_found.Servers.Count == 0 && _problems.Count == 0)
            _problems.Add(new(
                _model.Name, "no node of this machine has data, so there is nothing to adopt",
                "set data_directory in [[nodes]] to that of the server that runs; for a new database run: howdah up"));
        var slots = SlotsInUse();
        _model = _model with
        {
            Nodes = [.. _model.Nodes.Select(node => slots.TryGetValue(node.Name, out var slot) ? node with { SlotName = slot } : node)],
        };
        var primary = FindPrimary();
        _problems.AddRange(new AgreementChecks(_model, _found.Servers).Find(primary, _rendering));
        var strangers = Primary is { } server ? Strangers.Of(_model, server) : new Strangers([], []);
        var settings = Primary is { } main ? new SettingAdoption(_model, main, strangers).Kept() : [];
        foreach (var found in _found.Servers)
            TakeHba(found, primary);
        var additions = new ClusterFileAdditions { Settings = settings, HbaLines = _hbaLines, Slots = slots };
        var text = additions.IsEmpty ? null : Edit(additions);
        return new AdoptionPlan
        {
            Problems = _problems,
            Notes = [.. Notes()],
            Nodes = [.. _found.Servers.Select(found => Adopt(found, primary, strangers))],
            Additions = additions,
            Model = _model,
            ClusterFile = text,
            ToMake = Primary is { } maker ? [.. ToMake(maker)] : [],
            LeftAlone = [.. strangers.Describe()],
        };
    }

    /// <summary>On a standby's host whom it streams from tells who is primary.</summary>
    private NodeModel? FindPrimary() =>
        Primary?.Node ?? _model.Nodes.FirstOrDefault(node => _found.Servers.Any(
            server => server.Node.Name != node.Name && server.Receiver is { } receiver && receiver.Port == node.Port
                && string.Equals(receiver.Host, node.Address, StringComparison.OrdinalIgnoreCase)));

    /// <summary>A standby keeps the slot that it streams through: with another, the first would keep WAL for nobody.</summary>
    private Dictionary<string, string> SlotsInUse()
    {
        var slots = new Dictionary<string, string>(StringComparer.Ordinal);
        if (Primary is null)
            return slots;
        foreach (var node in _model.Nodes.Where(node => node != Primary.Node && node.SlotName == ReplicationSlotName.From(node.Name)))
        {
            var own = _found.Servers.FirstOrDefault(server => server.Node.Name == node.Name)?.Receiver?.Slot;
            var sender = Primary.Followers.Where(follower => follower.Address == node.Address).ToList();
            var slot = own ?? (sender is [var only] && !_model.IsOnOneMachine
                ? Primary.Slots.FirstOrDefault(slot => slot.ProcessId == only.ProcessId)?.Name
                : null);
            if (slot is not null && slot != node.SlotName && _model.Nodes.All(other => other.SlotName != slot)
                && slot != _model.Backup.SlotName)
                slots[node.Name] = slot;
        }

        return slots;
    }

    private NodeRendering Render(FoundServer server, NodeModel? primary)
    {
        var node = _model.FindNode(server.Node.Name)!;
        var role = server.InRecovery ? NodeRole.Standby : NodeRole.Primary;
        return NodeRenderer.Render(_model, node, role, _rendering with { Primary = primary });
    }

    private void TakeHba(FoundServer server, NodeModel? primary)
    {
        var rendered = Render(server, primary).Files.First(file => Path.GetFileName(file.Path) == "pg_hba.conf").Lines;
        var adoption = HbaAdoption.Of(_model, server, rendered.Select(line => line.Text).Where(line => line.Length > 0).Concat(_hbaLines));
        _hba[server.Node.Name] = adoption;
        if (!_options.LeavesOutRefusedLines)
            _problems.AddRange(adoption.Refused.Select(line => new AdoptionProblem(
                server.Node.Name, $"pg_hba.conf: {line.Line}: {line.Reason}",
                $"write in its place: {line.Instead}; or leave out all such lines with --leave-out-refused")));
        // The cluster file is made on the primary's host; others get it from there.
        if (Primary is not null)
            _hbaLines.AddRange(adoption.Kept);
    }

    private string? Edit(ClusterFileAdditions additions)
    {
        if (ClusterFileEdit.Add(_model.Source, additions) is not { } text)
        {
            _problems.Add(new(
                _model.Name, "the cluster file has [settings], [hba] or [[nodes]] in a form that nothing can be added to",
                "write each as a section of its own, its header in brackets on a line of its own"));
            return null;
        }

        var read = ClusterConfigReader.Read(text, "the cluster file", _defaults);
        if (read.Model is { } changed)
        {
            _model = changed;
            return text;
        }

        _problems.AddRange(read.Problems.Select(problem => new AdoptionProblem(
            _model.Name, $"with what the server has, the cluster file would be wrong: {problem.Message}",
            problem.Suggestion ?? "correct it")));
        return null;
    }

    private NodeAdoption Adopt(FoundServer server, NodeModel? primary, Strangers strangers)
    {
        var wanted = Render(server, primary);
        var settings = new SettingAdoption(_model, server, strangers);
        var changes = settings.Changes(wanted);
        var removed = settings.Removed(wanted);
        var hba = _hba[server.Node.Name];
        var known = _found.Deferred.GetValueOrDefault(server.Node.Name);
        // What was taken out of the files before shows in none of them any more, and waits all the same.
        var deferred = new Dictionary<string, string>(known ?? NothingDeferred, StringComparer.Ordinal);
        foreach (var (name, value) in settings.Deferred(changes, removed))
            deferred[name] = value;
        return new NodeAdoption(server.Node, wanted.Role)
        {
            Server = $"PostgreSQL {server.Version} in {server.Node.DataDirectory}, process {server.Postmaster.ProcessId}, "
                + $"system {server.System}",
            Changes = [.. changes, .. RecoveryFileOf(server, wanted)],
            Stays = settings.Stays(wanted),
            Removed = removed,
            HbaRemarks =
            [
                .. hba.Replaced,
                .. hba.Refused.Select(line => line with { Instead = null }),
                .. Primary is not null ? [] : hba.Kept.Select(
                    line => new HbaLineRemark(line, "not in the cluster file: put it into [hba] there to keep it", Instead: null)),
            ],
            Actions = FileTakeover.Of(server, _model.Paths, removed),
            Deferred = deferred,
            IsDeferralKnown = deferred.Count == 0 || (known is not null && deferred.All(
                setting => known.TryGetValue(setting.Key, out var value) && value == setting.Value)),
        };
    }

    /// <summary>Up to 11 whom a standby follows is in a file of its own.</summary>
    private static IEnumerable<SettingChange> RecoveryFileOf(FoundServer server, NodeRendering wanted)
    {
        var rendered = wanted.Files.FirstOrDefault(file => Path.GetFileName(file.Path) == RecoveryConf.FileName);
        if (rendered is not null && rendered.Content != server.Files.Recovery)
            yield return new SettingChange(
                RecoveryConf.FileName, "its own", "Howdah's", "whom it follows; it is read at start only", SettingMoment.Restart);
    }

    private IEnumerable<string> Notes()
    {
        foreach (var node in _found.Absent)
            yield return $"{node.Name} has no data yet, and howdah up builds it";
        foreach (var server in _found.Servers)
        {
            var name = server.Node.Name;
            if (!server.HasChecksums)
                yield return $"{name} has no data checksums: damage on its disk cannot be told from data; pg_checksums turns them on while "
                    + "the server is stopped (PostgreSQL 12 and newer)";
            if (server.Shown("wal_level") == "minimal")
                yield return $"{name} writes too little WAL to be followed (wal_level = minimal): nothing protects it before its restart";
            foreach (var role in server.InRecovery ? [] : server.Roles.Where(role => !role.IsOurs && IsOfUsers(role)))
                yield return $"role {role.Name} is there already, and howdah up gives it another password, and only REPLICATION";
        }
    }

    private IEnumerable<string> ToMake(FoundServer primary)
    {
        foreach (var name in new[] { _model.Users.Replication, _model.Users.Backup })
        {
            if (!primary.Roles.Any(role => role.Name == name))
                yield return $"role {name}";
        }

        foreach (var slot in _model.Nodes.Where(node => node.Name != primary.Node.Name).Select(node => node.SlotName)
            .Append(_model.Backup.SlotName))
        {
            if (!primary.Slots.Any(seen => seen.Name == slot))
                yield return $"slot {slot}";
        }
    }

    private bool IsOfUsers(FoundRole role) => role.Name == _model.Users.Replication || role.Name == _model.Users.Backup;
}
