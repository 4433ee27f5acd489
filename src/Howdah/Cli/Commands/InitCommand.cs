using Howdah.Cluster.Agents;
using Howdah.Cluster.Trust;
using Howdah.Core.Errors;

namespace Howdah.Cli.Commands;

/// <summary><c>howdah init</c>: the first of three commands that make a cluster on several machines.</summary>
internal static class InitCommand
{
    public static HowdahCommand Create(CliHost host)
    {
        var name = LocalHost.NameOption();
        var command = new HowdahCommand("init", "make a cluster on several machines, on the host of its first node")
        {
            Remarks =
                "Makes the cluster's own certificate authority, this host's certificate and the passwords, and prints for each other host\n"
                + "the command that brings it in. The database system is made once the agent runs; data that is here is taken as it is.\n"
                + "The authority's key stays on this host.",
            Examples =
            [
                new("howdah init", "then, on each other host, the howdah join that it prints"),
                new(
                    "howdah init --cluster shop --node one=10.0.10.2 --node two=10.0.10.3 --backup backup=10.0.10.4",
                    "without a cluster file"),
            ],
        };
        command.Options.Add(name);
        var file = new InitFileOptions();
        foreach (var option in file.All)
            command.Options.Add(option);
        return command.Runs(
            host,
            async (run, cancellation) =>
            {
                var isMade = file.IsGiven(run);
                var cluster = isMade ? await file.MakeAsync(run, cancellation) : run.LoadClusterFile();
                RequireUsualDirectory(cluster);
                var self = LocalHost.Find(cluster.Model, run.Value(name));
                if (isMade)
                    InitFileOptions.Write(cluster);
                Privileges.DropFor(host, cluster.Model);
                var membership = new Membership(cluster.Model.Paths, host.Time);
                membership.Create(cluster.Model, cluster.Text, self);
                run.Say($"cluster {cluster.Model.Name} is made{(isMade ? $", with {cluster.Path}" : "")}; this is host {self.Name}");
                run.Say("run howdah agent here (systemctl enable --now howdah-agent), then on the other hosts:");
                foreach (var other in cluster.Model.Hosts.Where(other => other.Name != self.Name))
                    run.Out.WriteLine(TokenCommand.JoinLine(cluster.Model, self, membership.IssueToken(
                        cluster.Model, other.Name, TokenStore.DefaultLifetime)));
                return ExitCode.Success;
            }
        );
    }

    /// <summary>Who joins has no cluster file yet, and puts the cluster's directory in its usual place.</summary>
    private static void RequireUsualDirectory(LoadedCluster cluster)
    {
        if (!cluster.Model.IsOnOneMachine
            && cluster.Effective.FirstOrDefault(value => value is { Path: "cluster.directory", Line: not null }) is { Line: { } line })
            throw new OperationException(
                ErrorCodes.Refused,
                $"{cluster.Path}, line {line}: directory is {cluster.Model.Directory}, and hosts that join use the usual place",
                "take directory out of [cluster]; data_directory and repository may be anywhere, or make the usual place a link");
    }
}
