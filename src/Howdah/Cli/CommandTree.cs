using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Howdah.Cli.Commands;

namespace Howdah.Cli;

/// <summary>All commands of the program. A command is here when it works, and not before.</summary>
internal static class CommandTree
{
    public static RootCommand Build(CliHost host)
    {
        var root = new RootCommand("a protected PostgreSQL: a primary, hot standbys, every byte of WAL and backups that were restored")
        {
            ConfigCommands.Create(host),
            RenderCommand.Create(host),
            PlanCommand.Create(host),
            UpCommand.Create(host),
            AdoptCommand.Create(host),
            InitCommand.Create(host),
            TokenCommand.Create(host),
            JoinCommand.Create(host),
            AgentCommand.Create(host),
            ApplyCommand.Create(host),
            CertCommands.Create(host),
            StatusCommand.Create(host),
            CheckCommand.Create(host),
            DownCommands.Down(host),
            DownCommands.Destroy(host),
            StandbyCommands.Create(host),
            SlotsCommand.Create(host),
            UriCommand.Create(host),
            PsqlCommand.Create(host),
            BackupCommand.Create(host),
            BackupsCommand.Create(host),
            RestoreCommand.Create(host),
            DrillCommand.Create(host),
            WalCommands.Create(host),
            ErrorsCommand.Create(host),
            CompletionCommand.Create(host),
        };
        root.Options.Add(GlobalOptions.Config);
        root.Options.Add(GlobalOptions.Color);
        root.Options.Add(GlobalOptions.Quiet);
        root.Options.Add(GlobalOptions.Verbose);
        foreach (var option in root.Options)
        {
            if (option is HelpOption help)
            {
                help.Action = new PrintHelp(host);
                help.Description = "print help, for a command its own";
            }
            else if (option is VersionOption version)
            {
                version.Action = new PrintVersion(host);
                version.Description = "print the version";
            }
        }

        root.SetAction(_ =>
        {
            host.Out.Write(HelpText.Of(root));
            return 0;
        });
        return root;
    }

    private sealed class PrintHelp(CliHost host) : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            host.Out.Write(HelpText.Of(parseResult.CommandResult.Command));
            return 0;
        }
    }

    private sealed class PrintVersion(CliHost host) : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            host.Out.WriteLine(ProductVersion.Line);
            return 0;
        }
    }
}
