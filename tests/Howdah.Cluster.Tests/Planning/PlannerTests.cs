using CsCheck;
using Howdah.Cluster.Observation;
using Howdah.Cluster.Planning;
using Howdah.Core.Wal;
using Howdah.Postgres.Server;
using static Howdah.Cluster.Tests.SeenCluster;

namespace Howdah.Cluster.Tests.Planning;

public sealed class PlannerTests
{
    [Fact]
    public void From_nothing_the_whole_way_is_planned()
    {
        var plan = Planner.Plan(Model, Nothing());
        Assert.Empty(plan.Obstacles);
        Assert.Equal(
            [
                "PrepareDirectories", "CreateSecrets", "CreateRepository", "InitializePrimary:master", "StartServer:master",
                "CreateRole:howdah_replication", "CreateRole:howdah_backup", "CreateSlot:slave", "CreateSlot:barman",
                "StartReceiver:backup", "AwaitReceiver:backup", "CloneStandby:slave", "ActivateClone:slave", "AwaitStreaming:slave",
                "TakeBackup:backup", "Prove",
            ],
            plan.Steps.Select(step => step.Id));
        Assert.All(plan.Steps, step => Assert.NotEmpty(step.Reason));
    }

    [Fact]
    public void Where_all_is_well_nothing_is_planned() => Assert.True(Planner.Plan(Model, Well()).IsEmpty);

    [Fact]
    public void A_hole_after_the_last_snapshot_is_answered_by_a_new_one_and_a_new_proof()
    {
        var plan = Planner.Plan(Model, WithHole());
        Assert.Equal(["TakeBackup:backup", "Prove"], plan.Steps.Select(step => step.Id));
        Assert.Contains("gap from 0/64 to 0/C8", plan.Steps[0].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_standby_in_its_primarys_tablespace_is_stopped_first_of_all_and_rebuilt()
    {
        var seen = Well(
            master: node => node with { SharedTablespaces = ["/srv/space"] },
            slave: node => node with { SharedTablespaces = ["/srv/space"] });
        var plan = Planner.Plan(Model, seen with { Hosts = [Host with { HasSecrets = false }] });
        Assert.Equal(
            ["StopSharing:slave", "CreateSecrets", "CloneStandby:slave", "ActivateClone:slave", "AwaitStreaming:slave"],
            plan.Steps.Select(step => step.Id));
        Assert.Contains("/srv/space", plan.Steps[0].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tablespace_that_no_snapshot_holds_is_backed_up_and_proven()
    {
        var made = new ObservedTablespace(16400, "space", "/srv/space");
        var seen = Well(master: node => node with { Answers = node.Answers! with { Tablespaces = [made] } });
        var plan = Planner.Plan(Model, seen);
        Assert.Equal(["TakeBackup:backup", "Prove"], plan.Steps.Select(step => step.Id));
        Assert.Contains("/srv/space", plan.Steps[0].Reason, StringComparison.Ordinal);
        var window = seen.Backup.Window!;
        var held = window with { Snapshots = [window.Snapshots[0] with { Tablespaces = [16400] }] };
        Assert.True(Planner.Plan(Model, seen with { Backup = seen.Backup with { Window = held } }).IsEmpty);
    }

    [Fact]
    public void A_standby_that_was_removed_stays_out_with_its_slot()
    {
        var seen = Well(
            master: node => node with
            {
                Answers = node.Answers! with { Slots = [Slot("barman")], Followers = [Follower("barman_receive_wal")] },
            },
            slave: node => node with { IsRemoved = true, Data = DataPlace.Absent, Answers = null });
        Assert.True(Planner.Plan(Model, seen).IsEmpty);
    }

    [Fact]
    public void A_proof_of_a_snapshot_that_leads_nowhere_is_made_again()
    {
        var seen = Well();
        var plan = Planner.Plan(Model, seen with { Proof = seen.Proof! with { Snapshot = "20261101T090000" } });
        Assert.Equal(["Prove"], plan.Steps.Select(step => step.Id));
    }

    [Fact]
    public void A_dead_server_is_started_and_its_data_left_alone()
    {
        var plan = Planner.Plan(
            Model, Well(slave: node => node with { Server = new ServerStatus(ServerState.Stopped, null), Answers = null }));
        Assert.Equal(["StartServer:slave"], plan.Steps.Select(step => step.Id));
    }

    [Fact]
    public void A_lost_slot_is_made_anew_and_its_standby_rebuilt()
    {
        var seen = Well(master: node => node with
        {
            Answers = node.Answers! with
            {
                Slots = [Slot(
                "slave") with { IsActive = false, WalStatus = "lost" }, Slot("barman")],
                Followers = [Follower("barman_receive_wal")]
            },
        });
        Assert.Equal(
            ["CreateSlot:slave", "CloneStandby:slave", "ActivateClone:slave", "AwaitStreaming:slave"], Planner.Plan(
                Model, seen).Steps.Select(step => step.Id));
    }

    [Fact]
    public void An_asked_for_rebuild_copies_first_and_then_replaces()
    {
        var plan = Planner.Plan(Model, Well(slave: node => node with { IsRebuildRequested = true }));
        Assert.Equal(["CloneStandby:slave", "ActivateClone:slave", "AwaitStreaming:slave"], plan.Steps.Select(step => step.Id));
    }

    [Fact]
    public void A_verified_copy_is_put_in_place_without_another_copy()
    {
        var plan = Planner.Plan(Model, Well(
            slave: node => node with { Data = DataPlace.Absent, Staged = StagedCopy.Verified, Answers = null, HasReplacedData = true }));
        Assert.Equal("ActivateClone:slave", plan.Steps[0].Id);
        Assert.Equal("RemoveOldData:slave", plan.Steps.First(step => step.Kind == PlanStepKind.RemoveOldData).Id);
        Assert.DoesNotContain(plan.Steps, step => step.Kind == PlanStepKind.CloneStandby);
    }

    [Fact]
    public void Two_primaries_are_for_a_person_to_decide()
    {
        var plan = Planner.Plan(
            Model, Well(slave: node => node with { Answers = node.Answers! with { InRecovery = false }, HasStandbyMarker = false }));
        Assert.Empty(plan.Steps);
        Assert.Contains("both accept writes", plan.Obstacles.Single().Message);
    }

    [Fact]
    public void Backups_without_any_data_left_are_never_built_over()
    {
        var nothing = Nothing();
        var plan = Planner.Plan(Model, nothing with { Backup = nothing.Backup with { HasRepository = true, Systems = [OurSystem] } });
        Assert.Empty(plan.Steps);
        Assert.Contains("howdah restore", plan.Obstacles.Single().Hint);
    }

    [Fact]
    public void Another_systems_data_is_refused()
    {
        var plan = Planner.Plan(
            Model, Well(slave: node => node with { Answers = node.Answers! with { System = new SystemIdentifier(1) } }));
        Assert.Contains("another database system", plan.Obstacles.Single().Message);
    }

    [Fact]
    public void Whatever_is_amiss_elsewhere_a_primary_that_has_died_is_started()
    {
        var damaged = Died();
        var plan = Planner.Plan(Model, damaged with { Backup = damaged.Backup with { Problem = "snapshot.json is damaged" } });
        Assert.Equal("StartServer:master", plan.Steps[0].Id);
        Assert.DoesNotContain(plan.Steps, step => step.Kind is PlanStepKind.TakeBackup or PlanStepKind.Prove);
        Assert.Equal("backup", plan.Obstacles.Single().Subject);

        var foreign = Planner.Plan(Model, Died(slave: node => node with { Data = DataPlace.Foreign, Answers = null }));
        Assert.Equal("StartServer:master", foreign.Steps[0].Id);
        Assert.DoesNotContain(foreign.Steps, step => step.Subject == "slave");
        Assert.Equal("slave", foreign.Obstacles.Single().Subject);

        static ObservedCluster Died(Func<ObservedNode, ObservedNode>? slave = null) => Well(
            master: node => node with { Answers = null, Server = new ServerStatus(ServerState.Stopped, null) }, slave);
    }

    [Fact]
    public void With_a_damaged_record_WAL_is_received_and_without_a_repository_nobody_waits_for_it()
    {
        var seen = Well(master: node => node with { Answers = node.Answers! with { Followers = [Follower("slave")] } });
        seen = seen with { Backup = seen.Backup with { Problem = "damaged", IsReceiverRunning = false } };
        Assert.Equal(["StartReceiver:backup", "AwaitReceiver:backup"], Planner.Plan(Model, seen).Steps.Select(step => step.Id));
        Assert.Empty(Planner.Plan(Model, seen with { Backup = seen.Backup with { HasRepository = false } }).Steps);
    }

    [Fact]
    public void Nothing_is_made_anew_where_anything_is_amiss()
    {
        var nothing = Nothing();
        var unread = nothing with { Backup = new ObservedBackup { HasRepository = false, Problem = "cannot be read" } };
        Assert.Empty(Planner.Plan(Model, unread).Steps);
        var other = nothing.Nodes.Select(
            node => node.Model.Name == "slave" ? node with { Data = DataPlace.Foreign, OtherMajor = 14 } : node);
        Assert.Empty(Planner.Plan(Model, Seen([.. other])).Steps);

        var hosts = new SimulatedHosts().SeenFrom("master");
        hosts = hosts with { Backup = hosts.Backup with { HasRepository = false, Problem = "cannot be read" } };
        Assert.DoesNotContain(
            Planner.Plan(SimulatedHosts.Model, hosts).Steps, step => step.Kind == PlanStepKind.InitializePrimary);
    }

    [Fact]
    public void Restart_and_reload_come_only_when_the_server_needs_them()
    {
        var restart = Well(
            master: node => node with { Answers = node.Answers! with { PendingRestart = ["shared_buffers"], NeedsReload = true } });
        Assert.Equal(["RestartServer:master"], Planner.Plan(Model, restart).Steps.Select(step => step.Id));
        var reload = Well(master: node => node with { Answers = node.Answers! with { NeedsReload = true } });
        Assert.Equal(["ReloadServer:master"], Planner.Plan(Model, reload).Steps.Select(step => step.Id));
        var renewed = Well(slave: node => node with { Answers = node.Answers! with { ShowsOldCertificate = true } });
        Assert.Equal(["ReloadServer:slave"], Planner.Plan(Model, renewed).Steps.Select(step => step.Id));
    }

    [Fact]
    public void Whatever_is_seen_the_plan_is_safe()
    {
        var nodes = Gen.Select(Gen.Enum<DataPlace>(), Gen.Bool, Gen.Enum<StagedCopy>(), Gen.Bool, Gen.Int[0, 4], Gen.Bool, Gen.Bool);
        Gen.Select(nodes, nodes, Gen.Bool, Gen.Bool, Gen.Bool).Sample(
            (master, slave, hasRepository, hasSystems, receives) =>
            {
                var seenNodes = new[] { Vary(Master(), master), Vary(Slave(), slave) };
                var seen = Seen(seenNodes) with
                {
                    Backup = new ObservedBackup
                    {
                        HasRepository = hasRepository,
                        Systems = hasSystems
                        ? [OurSystem]
                        : [],
                        IsReceiverRunning = receives
                    },
                };
                var plan = Planner.Plan(Model, seen);
                Assert.Equal(plan.Steps.Count, plan.Steps.Select(step => step.Id).Distinct().Count());
                Assert.DoesNotContain(plan.Steps, step => plan.Obstacles.Any(obstacle => obstacle.Subject == step.Subject));
                foreach (var step in plan.Steps)
                    CheckSafe(step, plan, seen);
            },
            iter: 5000);
    }

    private static void CheckSafe(PlanStep step, ClusterPlan plan, ObservedCluster seen)
    {
        if (step.Kind == PlanStepKind.InitializePrimary)
        {
            Assert.Empty(plan.Obstacles);
            Assert.All(seen.Nodes, node => Assert.NotEqual(DataPlace.Initialized, node.Data));
            Assert.Empty(seen.Backup.Systems);
        }

        if (step.Kind is PlanStepKind.CloneStandby or PlanStepKind.ActivateClone or PlanStepKind.RemoveOldData)
            Assert.NotEqual(seen.Topology.Primary!.Name, step.Subject);
        if (step.Kind is not (PlanStepKind.CreateSlot or PlanStepKind.DropSlot))
            Assert.DoesNotContain(seen.Standbys, node => node is { IsFormerPrimary: true } && node.Model.Name == step.Subject);
        if (step.Kind == PlanStepKind.ActivateClone)
        {
            var copied = plan.Steps.TakeWhile(
                other => other != step).Any(other => other.Kind == PlanStepKind.CloneStandby && other.Subject == step.Subject);
            Assert.True(copied || seen.Nodes.First(node => node.Model.Name == step.Subject).Staged == StagedCopy.Verified);
        }

        if (step.Kind == PlanStepKind.CreateSlot)
            Assert.DoesNotContain(seen.AnsweringPrimary?.Answers?.Slots ?? [], slot => slot.Name == step.Subject && slot.IsActive);
    }

    private static ObservedNode Vary(
        ObservedNode node, (DataPlace Data, bool Marker, StagedCopy Staged, bool Replaced, int Server, bool Answers, bool Rebuild) by)
    {
        var runs = by.Data == DataPlace.Initialized && by.Server > 0;
        return node with
        {
            Data = by.Data,
            HasStandbyMarker = by.Data == DataPlace.Initialized && by.Marker,
            Staged = by.Staged,
            HasReplacedData = by.Replaced,
            IsRebuildRequested = by.Rebuild,
            Server = new ServerStatus(!runs
                ? ServerState.Stopped
                : by.Marker ? ServerState.Standby : ServerState.Primary, runs ? new PostmasterFile(1, "/") : null),
            Answers = runs && by.Answers ? node.Answers! with { InRecovery = by.Marker } : null,
        };
    }
}
