using System.CommandLine;
using Howdah.Cluster.Agents;
using Howdah.Cluster.Configuration;
using Howdah.Core.Errors;

namespace Howdah.Cli.Commands;

/// <summary><c>howdah apply</c>: a changed cluster file for all hosts.</summary>
internal static class ApplyCommand
{
    public static HowdahCommand Create(CliHost host)
    {
        var file = new Argument<string>("FILE") { Description = "the changed cluster file" };
        var yes = new Option<bool>("--yes") { Description = "do not ask" };
        var command = new HowdahCommand("apply", "give a changed cluster file to all hosts of the cluster")
        {
            Remarks =
                "Asks each host which steps it will take and which servers restart, shows that, and asks. PostgreSQL\n"
                + "reads the settings for it, so a slip in one is told before anything is changed. A host that cannot be reached gets\n"
                + "the file from the others once it is back.",
            Examples = [new("howdah apply /etc/howdah/howdah.toml", "after editing it")],
            OwnExitCodes = [((int)ExitCode.Refused, "the answer was not yes, or no host took the file")],
        };
        command.Arguments.Add(file);
        command.Options.Add(yes);
        return command.Runs(
            host,
            async (run, cancellation) =>
            {
                // An edit in its usual place is no news to whoever applies it.
                var applied = ClusterFileInForce.Load(run.FindClusterFile(), isMeant: false, static _ => { }).Model;
                var path = Path.GetFullPath(run.Value(file)!, host.WorkingDirectory);
                var changed = Read(path, applied);
                Privileges.Drop();
                await new PlanOfHosts(run, applied).ShowAsync(changed, cancellation);
                if (SynchronousPromise.FindLess(applied, changed) is { } less)
                    run.Say($"  take care: {less}");
                if (!run.Value(yes) && Confirmation.Ask(run, $"Apply it to {applied.Name}? [y/N] ") is not ("y" or "Y"))
                    throw new OperationException(ErrorCodes.Refused, "nothing was applied", null);
                // With what else goes along with a revision: who gets this one will not ask for those before.
                var next = new Membership(applied.Paths, host.Time).With(changed);
                await new ClusterFileDelivery(run, applied).SendAsync(next, applied.Hosts, cancellation);
                return ExitCode.Success;
            }
        );
    }

    private static ClusterModel Read(string path, ClusterModel applied)
    {
        var text = ClusterFile.Read(path).Text;
        // Its directory follows from where the cluster is, not from where the file lies.
        var result = ClusterConfigReader.Read(text, path, ConfigDefaults.ForFile(applied.Paths.ClusterFile));
        if (result.Model is not { } changed)
            throw new ClusterFileException(path, result.Problems);
        return changed.Name == applied.Name && changed.Directory == applied.Directory
            ? changed
            : throw new OperationException(
                ErrorCodes.Refused,
                $"{path} describes {changed.Name} in {changed.Directory}, and the cluster here is {applied.Name} in {applied.Directory}",
                "a cluster keeps its name and its directory"
            );
    }
}
