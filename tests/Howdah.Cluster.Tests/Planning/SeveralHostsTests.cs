using CsCheck;
using Howdah.Cluster.Planning;

namespace Howdah.Cluster.Tests.Planning;

public sealed class SeveralHostsTests
{
    private static readonly string[] Hosts = ["master", "slave", "backup"];

    /// <summary>Enough for every step of every host, many times over.</summary>
    private const int Patience = 2000;

    [Fact]
    public void Each_host_does_its_share_in_an_order_that_fits_the_others()
    {
        var hosts = new SimulatedHosts();
        var done = Converge(hosts, new Random(1));
        Assert.Equal(
            ["InitializePrimary:master", "StartServer:master", "CreateRole:howdah_replication"],
            done.Where(step => step.Host == "master" && step.Kind != PlanStepKind.PrepareDirectories).Take(3).Select(step => step.Id));
        Assert.Equal("Prove", done[^1].Id);
        Assert.All(
            done.Where(step => step.Kind is PlanStepKind.TakeBackup or PlanStepKind.Prove), step => Assert.Equal("backup", step.Host));
    }

    [Fact]
    public void Whatever_breaks_on_the_way_nothing_is_made_twice_and_all_converges() => Gen.Int.Sample(
        seed =>
        {
            var hosts = new SimulatedHosts();
            var chance = new Random(seed);
            for (var round = 0; round < 200; round++)
            {
                Break(hosts, chance);
                Step(hosts, Hosts[chance.Next(3)]);
            }

            Mend(hosts);
            Converge(hosts, chance);
            Assert.Equal(1, hosts.Created);
        },
        iter: 1000);

    [Fact]
    public void A_host_that_sees_nobody_leaves_its_standby_running_and_starts_it_again()
    {
        var hosts = new SimulatedHosts();
        Converge(hosts, new Random(1));
        hosts.Cut("slave");
        Assert.Null(Planner.Plan(SimulatedHosts.Model, hosts.SeenFrom("slave")).NextOn("slave"));
        hosts.Kill("slave");
        Assert.Equal("StartServer:slave", Planner.Plan(SimulatedHosts.Model, hosts.SeenFrom("slave")).NextOn("slave")?.Id);
    }

    [Fact]
    public void A_standby_of_another_host_whose_slot_was_lost_is_built_anew()
    {
        var hosts = new SimulatedHosts();
        Converge(hosts, new Random(1));
        hosts.PowerOff("slave");
        hosts.LoseSlot("slave");
        Assert.Null(Step(hosts, "master"));
        hosts.PowerOn("slave");
        var done = Converge(hosts, new Random(1)).ConvertAll(step => step.Id);
        Assert.Equal(
            ["NoteRebuild:slave", "CreateSlot:slave", "CloneStandby:slave", "ActivateClone:slave", "RemoveOldData:slave"],
            done.Where(id => id != "StartReceiver:backup" && id != "StartServer:slave"));
        Assert.True(hosts.IsRebuiltFor("slave"));
    }

    [Fact]
    public void All_hosts_that_lose_their_power_come_back_whichever_is_first()
    {
        foreach (var first in Hosts)
        {
            var hosts = new SimulatedHosts();
            Converge(hosts, new Random(1));
            foreach (var host in Hosts)
                hosts.PowerOff(host);
            hosts.PowerOn(first);
            Step(hosts, first);
            Mend(hosts);
            Converge(hosts, new Random(1));
        }
    }

    [Fact]
    public void An_old_primary_that_comes_back_is_never_started_and_keeps_its_data_whoever_it_can_see() => Gen.Int.Sample(
        seed =>
        {
            var hosts = new SimulatedHosts();
            var chance = new Random(seed);
            Converge(hosts, chance);
            hosts.PowerOff("master");
            hosts.Promote("slave");
            for (var round = 0; round < 50; round++)
                Step(hosts, Hosts[chance.Next(3)]);
            hosts.PowerOn("master");
            for (var round = 0; round < 100; round++)
            {
                var host = Hosts[chance.Next(3)];
                switch (chance.Next(12))
                {
                    case 0 or 1: hosts.Cut(host); break;
                    case 2 or 3: hosts.Heal(host); break;
                    case 4: hosts.PowerOff(host); break;
                    case 5 or 6: hosts.PowerOn(host); break;
                    default: break;
                }

                RequireNotTouched(Step(hosts, Hosts[chance.Next(3)]));
            }

            Mend(hosts);
            for (var round = 0; round < 100; round++)
                RequireNotTouched(Step(hosts, Hosts[chance.Next(3)]));
            Assert.All(Hosts, host => Assert.Null(Planner.Plan(SimulatedHosts.Model, hosts.SeenFrom(host)).NextOn(host)));
            // Where the new one lost its power before the old one's host has heard of it, only a person can tell which is which.
            var obstacle = Planner.Plan(SimulatedHosts.Model, hosts.SeenFrom("master")).ObstacleOn("master");
            Assert.Equal(hosts.Runs("slave") ? "master" : "lab", obstacle?.Subject);
            Assert.Contains("howdah standby rebuild", obstacle!.Hint, StringComparison.Ordinal);
        },
        iter: 100);

    [Fact]
    public void A_new_primary_is_started_again_while_the_old_one_waits_for_a_decision()
    {
        var hosts = new SimulatedHosts();
        Converge(hosts, new Random(1));
        hosts.PowerOff("master");
        hosts.Promote("slave");
        hosts.PowerOn("master");
        foreach (var host in Hosts.Reverse())
            Converge(hosts, host);
        Assert.Null(Step(hosts, "master"));
        hosts.Kill("slave");
        Assert.Equal("StartServer:slave", Step(hosts, "slave")?.Id);

        foreach (var host in Hosts)
            hosts.PowerOff(host);
        Mend(hosts);
        Assert.Null(Step(hosts, "master"));
        Assert.Equal("StartServer:slave", Step(hosts, "slave")?.Id);
    }

    private static void RequireNotTouched(PlanStep? step) => Assert.False(
        step is { Subject: "master", Kind: not PlanStepKind.CreateSlot }, $"{step?.Id}: only a person may decide about it");

    [Fact]
    public void Without_a_request_no_database_system_is_made()
    {
        var seen = new SimulatedHosts().SeenFrom("master");
        var plan = Planner.Plan(
            SimulatedHosts.Model, seen with { Hosts = [.. seen.Hosts.Select(host => host with { IsCreationRequested = false })] });
        Assert.Contains("nobody asked", plan.ObstacleOn("master")!.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(plan.Steps, step => step.Kind == PlanStepKind.InitializePrimary);
    }

    [Fact]
    public void What_a_copy_has_replaced_stays_until_the_copy_streams()
    {
        var hosts = new SimulatedHosts();
        Converge(hosts, new Random(1));
        var seen = hosts.SeenFrom("slave");
        seen = seen with { Nodes = [.. seen.Nodes.Select(node => node with { HasReplacedData = node.Model.Name == "slave" })] };
        Assert.Equal("RemoveOldData:slave", Planner.Plan(SimulatedHosts.Model, seen).NextOn("slave")?.Id);

        var silent = seen with
        {
            Nodes = [.. seen.Nodes.Select(node => node with { Answers = node.Answers! with { Followers = [] } })],
        };
        Assert.Null(Planner.Plan(SimulatedHosts.Model, silent).NextOn("slave"));
    }

    [Fact]
    public void Steps_wait_only_for_steps_before_them()
    {
        var plan = Planner.Plan(SimulatedHosts.Model, new SimulatedHosts().SeenFrom("master"));
        for (var i = 0; i < plan.Steps.Count; i++)
            Assert.All(plan.Steps[i].After, id => Assert.Contains(id, plan.Steps.Take(i).Select(step => step.Id)));
    }

    private static void Break(SimulatedHosts hosts, Random chance)
    {
        var host = Hosts[chance.Next(3)];
        switch (chance.Next(20))
        {
            case 0 or 1: hosts.Cut(host); break;
            case 2 or 3 or 4: hosts.Heal(host); break;
            case 5 when host != "backup": hosts.Kill(host); break;
            case 6 or 7: hosts.LoseSlot(chance.Next(2) == 0 ? "slave" : "barman"); break;
            case 8: hosts.StopReceiver(); break;
            case 9: hosts.DropSlot(chance.Next(2) == 0 ? "slave" : "barman"); break;
            case 10 when chance.Next(4) == 0: hosts.PowerOff(host); break;
            case 11 or 12: hosts.PowerOn(host); break;
            default: break;
        }
    }

    private static void Mend(SimulatedHosts hosts)
    {
        foreach (var host in Hosts)
        {
            hosts.Heal(host);
            hosts.PowerOn(host);
        }
    }

    private static PlanStep? Step(SimulatedHosts hosts, string host)
    {
        if (hosts.IsOff(host))
            return null;
        var step = Planner.Plan(SimulatedHosts.Model, hosts.SeenFrom(host)).NextOn(host);
        if (step is not null)
            hosts.Apply(step);
        return step;
    }

    private static void Converge(SimulatedHosts hosts, string host)
    {
        for (var left = Patience; left > 0 && Step(hosts, host) is not null; left--)
        {
            // Until nothing is left to do there.
        }
    }

    private static List<PlanStep> Converge(SimulatedHosts hosts, Random chance)
    {
        var done = new List<PlanStep>();
        for (var round = 0; round < Patience; round++)
        {
            if (Hosts.All(host => Planner.Plan(SimulatedHosts.Model, hosts.SeenFrom(host)).IsEmpty))
                return done;
            if (Step(hosts, Hosts[chance.Next(3)]) is { } step)
                done.Add(step);
        }

        var left = Planner.Plan(SimulatedHosts.Model, hosts.SeenFrom("master"));
        Assert.Fail($"not at rest: {string.Join(", ", left.Steps.Select(step => step.Id))}; {string.Join(", ", left.Obstacles)}");
        return done;
    }
}
