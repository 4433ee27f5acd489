using System.CommandLine;
using Howdah.Cluster.Agents;
using Howdah.Cluster.Configuration;
using Howdah.Cluster.Trust;
using Howdah.Core.Errors;

namespace Howdah.Cli.Commands;

/// <summary><c>howdah join</c>.</summary>
internal static class JoinCommand
{
    public static HowdahCommand Create(CliHost host)
    {
        var member = new Argument<string>("MEMBER") { Description = "address of the host that the cluster was made on" };
        var token = new Option<string>("--token")
        {
            Description = "what howdah init or howdah token printed there; - reads it from standard input",
            HelpName = "TOKEN",
            Required = true,
        };
        var command = new HowdahCommand("join", "bring this machine into a cluster")
        {
            Remarks =
                "The token says which cluster it must be and which host this becomes; it counts once. The cluster file, this host's\n"
                + "certificate and the passwords come from the member.",
            Examples = [new("howdah join 10.0.10.2 --token -", "the token does not appear in the list of processes")],
        };
        command.Arguments.Add(member);
        command.Options.Add(token);
        return command.Runs(
            host,
            async (run, cancellation) =>
            {
                var place = MemberAddressText.Parse(run.Value(member)!);
                var text = run.Value(token)! is "-" ? await host.In.Value.ReadLineAsync(cancellation) ?? "" : run.Value(token)!;
                var parsed = JoinToken.Parse(text);
                var root = ConfigDefaults.FromEnvironment().ClusterRoot;
                Privileges.DropWithRoot(root);
                var (cluster, paths) = await new Joining(host.Time).RunAsync(
                    place, parsed, name => new ClusterPaths(Path.Combine(root, name)), cancellation);
                run.Say($"this is host {parsed.Host} of cluster {cluster} now; its cluster file is {paths.ClusterFile}");
                run.Say("run howdah agent here (systemctl enable --now howdah-agent)");
                return ExitCode.Success;
            }
        );
    }
}
