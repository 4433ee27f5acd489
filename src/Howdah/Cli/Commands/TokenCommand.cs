using System.CommandLine;
using Howdah.Cluster.Agents;
using Howdah.Cluster.Configuration;
using Howdah.Cluster.Trust;
using Howdah.Core.Errors;

namespace Howdah.Cli.Commands;

/// <summary><c>howdah token</c>: lets one more host in.</summary>
internal static class TokenCommand
{
    public static HowdahCommand Create(CliHost host)
    {
        var name = new Argument<string>("HOST") { Description = "the host that may join, by its name in the cluster file" };
        var minutes = new Option<int>("--minutes")
        {
            Description = $"how long it is good for; default {TokenStore.DefaultLifetime.TotalMinutes:0}, at most "
                + $"{TokenStore.LongestLifetime.TotalMinutes:0}",
            DefaultValueFactory = _ => (int)TokenStore.DefaultLifetime.TotalMinutes,
        };
        var command = new HowdahCommand("token", "print the howdah join command that lets a host into the cluster, once")
        {
            Remarks = "Runs on the host that the cluster was made on. The token is a secret until it is used or expires.",
            Examples = [new("howdah token slave", "howdah join 10.0.10.2 --token howdah1.slave.…")],
        };
        command.Arguments.Add(name);
        command.Options.Add(minutes);
        return command.Runs(
            host,
            (run, _) =>
            {
                var model = run.LoadCluster().Model;
                Privileges.Drop();
                var self = model.FindHost(AgentIdentity.Read(model.Paths))!;
                var token = new Membership(model.Paths, host.Time).IssueToken(
                    model, run.Value(name)!, TimeSpan.FromMinutes(run.Value(minutes)));
                run.Out.WriteLine(JoinLine(model, self, token));
                return Task.FromResult(ExitCode.Success);
            }
        );
    }

    public static string JoinLine(ClusterModel model, HostModel member, JoinToken token) =>
        $"howdah join {MemberAddressText.Of(new MemberAddress(member.Address, model.Agent.Port))} --token {token.Reveal()}";
}
