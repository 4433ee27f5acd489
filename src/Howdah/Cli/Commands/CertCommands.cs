using System.CommandLine;
using Howdah.Cluster.Agents;
using Howdah.Cluster.Configuration;
using Howdah.Core.Errors;

namespace Howdah.Cli.Commands;

/// <summary><c>howdah cert</c>, <c>cert renew</c> and <c>cert revoke</c>.</summary>
internal static class CertCommands
{
    public static HowdahCommand Create(CliHost host)
    {
        var command = new HowdahCommand("cert", "show the certificates that the hosts of the cluster trust each other by")
        {
            PrintsData = true,
            Remarks =
                "Agents renew their certificates by themselves when a third of the year is left; howdah status warns where that fails. A\n"
                + "host whose certificate has expired or was revoked comes back by howdah token on the first host, and howdah join on it.\n"
                + "The authority itself is good for ten years and is never renewed: before its end, make a new cluster on other hosts or\n"
                + "directories, and restore into it.",
            Examples =
            [
                new("howdah cert", "one line for each host"),
                new("howdah cert --json | jq '.hosts[] | select(.days_left < 30)'", "which end soon"),
            ],
        };
        command.Subcommands.Add(Renew(host));
        command.Subcommands.Add(Revoke(host));
        return command.Runs(
            host,
            async (run, cancellation) =>
            {
                var model = LoadOfSeveral(run);
                Privileges.Drop();
                await CertificateList.PrintAsync(run, model, cancellation);
                return ExitCode.Success;
            }
        );
    }

    private static HowdahCommand Renew(CliHost host) =>
        new HowdahCommand("renew", "exchange this host's key and certificate for new ones, now")
        {
            Remarks =
                "The host that has the authority's key must be reachable. The agent shows the new certificate from its next connection\n"
                + "on; PostgreSQL here reads it again within seconds, and no session ends.",
            Examples = [new("howdah cert renew", "after its address in the cluster file has changed")],
        }.Runs(
            host,
            async (run, cancellation) =>
            {
                var model = LoadOfSeveral(run);
                Privileges.Drop();
                var self = AgentIdentity.Read(model.Paths);
                using var channel = new AgentClient(model, host.Time);
                var made = await new CertificateRenewal(model, self, channel, host.Time).RunAsync(cancellation);
                run.Say($"{self} has a new certificate, {made.Serial}, good until {CertificateList.Day(made.End)}");
                return ExitCode.Success;
            }
        );

    private static HowdahCommand Revoke(CliHost host)
    {
        var name = new Argument<string>("HOST") { Description = "the host that the others are not to trust any more" };
        var yes = new Option<bool>("--yes") { Description = "do not ask" };
        var command = new HowdahCommand("revoke", "make all hosts refuse the certificates of a host that was lost or broken into")
        {
            Remarks =
                "Runs on the host that has the authority's key, and takes back every certificate that was signed for HOST and has not\n"
                + "expired. The other agents refuse HOST once they have the new revision of the cluster file: at once, or when they are\n"
                + "back. With it the roles of replication and backup get new passwords, so that HOST cannot sign in to PostgreSQL any\n"
                + "more, and all sessions of those roles end. It is in the cluster file until it is taken out with howdah apply.\n"
                + "To let it in again: howdah token HOST, and howdah join on it.",
            Examples = [new("howdah cert revoke slave", "asks for its name"), new("howdah cert revoke slave --yes", "for scripts")],
            OwnExitCodes = [((int)ExitCode.Refused, "the name was not given, or it is this host")],
        };
        command.Arguments.Add(name);
        command.Options.Add(yes);
        return command.Runs(
            host,
            async (run, cancellation) =>
            {
                var model = LoadOfSeveral(run);
                Privileges.Drop();
                await RevokeAsync(run, model, (run.Value(name)!, run.Value(yes)), cancellation);
                return ExitCode.Success;
            }
        );
    }

    private static async Task RevokeAsync(
        Invocation run, ClusterModel model, (string Host, bool IsSure) what, CancellationToken cancellationToken)
    {
        var membership = new Membership(model.Paths, run.Host.Time);
        var found = membership.FindRevocable(model, what.Host);
        if (!what.IsSure)
            Ask(run, what.Host, found.Count);
        foreach (var certificate in membership.Revoke(model, what.Host))
            run.Say($"revoked: {certificate.Serial}");
        await new ClusterFileDelivery(run, model).SendAsync(
            membership.WithNewPasswords(), [.. model.Hosts.Where(other => other.Name != what.Host)], cancellationToken);
        run.Say(
            $"{model.Users.Replication} and {model.Users.Backup} get new passwords, which {what.Host} does not have, and\n"
                + "all their sessions end; it is in the cluster file until you take it out with howdah apply");
    }

    private static void Ask(Invocation run, string host, int count)
    {
        run.Host.Error.WriteLine(
            $"This revokes {(count == 1 ? "the certificate" : $"all {count} certificates")} of {host}: no agent talks to it any more.");
        if (Confirmation.Ask(run, "Type its name to go on: ") != host)
            throw new OperationException(ErrorCodes.Refused, "that is not its name; nothing was revoked", null);
    }

    private static ClusterModel LoadOfSeveral(Invocation run) => run.LoadCluster().Model is { IsOnOneMachine: false } model
        ? model
        : throw new OperationException(
            ErrorCodes.Refused, "the cluster is on one machine, where nobody needs a certificate", "see howdah status");
}
