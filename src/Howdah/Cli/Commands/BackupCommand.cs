using System.CommandLine;
using Howdah.Cli.Forwarding;
using Howdah.Cli.Json;
using Howdah.Cli.Rendering;
using Howdah.Cluster.Execution;
using Howdah.Core.Errors;
using Howdah.Core.Units;
using Howdah.Operations.Backup;
using Howdah.Repository.Snapshots;

namespace Howdah.Cli.Commands;

/// <summary><c>howdah backup</c>.</summary>
internal static class BackupCommand
{
    public static HowdahCommand Create(CliHost host)
    {
        var node = new Option<string?>("--node") { Description = "take it from this node; default: the primary", HelpName = "NAME" };
        var label = new Option<string?>("--label") { Description = "words to find it by", HelpName = "TEXT" };
        var rate = new Option<string?>("--rate-limit")
        {
            Description = "at most so many bytes per second, as in 50MiB; default: rate_limit of the cluster file",
            HelpName = "SIZE",
        };
        var spread = new Option<bool>("--spread-checkpoint")
        {
            Description = "wait for a slow checkpoint instead of asking for one at once",
        };
        var command = Describe();
        command.Options.Add(node);
        command.Options.Add(label);
        command.Options.Add(rate);
        command.Options.Add(spread);
        return command.Runs(
            host,
            async (run, cancellation) =>
            {
                var parts = new Composition(run, run.LoadCluster().Model);
                var source = run.Value(node) is { } name ? NodeChoice.Find(parts.Model, name) : null;
                var limit = RateLimit(run.Value(rate)) ?? parts.Model.Backup.RateLimit;
                Privileges.Drop();
                var (server, system) = await parts.IdentifyAsync(source, cancellation);
                var repository = parts.OpenRepository();
                var wal = repository.FindWal(system.SystemIdentifier) ?? throw NoReceiver(parts);
                using var progress = new BackupDisplay(run);
                var snapshot = await new BackupOperation(run.Host.Time, progress).RunAsync(
                    new ClusterBackups(parts.Model, run.Host.Time).Request(server, repository, wal) with
                    {
                        Label = run.Value(label),
                        FastCheckpoint = !run.Value(spread),
                        RateLimit = limit,
                    },
                    cancellation
                );
                progress.Clear();
                return Report(run, snapshot);
            }
        );
    }

    private static HowdahCommand Describe() =>
        new("backup", "take a base backup into the repository")
        {
            PrintsData = true,
            RunsOn = Placement.BackupHost,
            Remarks =
                "The backup counts when the server has ended it, its files match the server's manifest, and the repository holds the\n"
                + "WAL that it needs. Page checksums are checked while it streams. Interrupted, it leaves nothing behind.\n"
                + "It needs a receiver, which howdah up runs, and says so at once where there is none.",
            Examples =
            [
                new("howdah backup", "of the primary, with a bar"),
                new("howdah backup --label 'before 2.0' --rate-limit 50MiB", "named, and slow"),
            ],
            OwnExitCodes =
            [
                (0, "the snapshot is in the repository"),
                ((int)ExitCode.Corruption, "it is, but pages failed their checksum: see the list"),
            ],
        };

    private static ExitCode Report(Invocation run, Snapshot snapshot)
    {
        var record = snapshot.Record;
        if (run.IsJson)
            JsonOutput.Write(run.Out, SnapshotJson.Of(record), CliJson.Default.SnapshotJson);
        else
            run.Out.WriteLine(record.Id);
        var took = Amounts.Span(record.StoppedAt - record.StartedAt);
        run.Say($"snapshot {record.Id}: {Amounts.Bytes(record.Bytes)} in {record.Files} files from {record.Source}, {took}");
        foreach (var failure in record.ChecksumFailures)
            run.Host.Error.WriteLine($"howdah: page checksum failed: {failure.File} block {failure.Block}");
        return record.IsClean() ? ExitCode.Success : ExitCode.Corruption;
    }

    private static ByteSize? RateLimit(string? text)
    {
        if (text is null)
            return null;
        return ByteSize.TryParse(text, out var size) && size.Bytes is >= 32L << 10 and <= 1L << 30
            ? size
            : throw new OperationException(
                ErrorCodes.UsageInvalid,
                $"--rate-limit '{text}' is no size from 32KiB to 1GiB",
                "for example 50MiB"
            );
    }

    private static OperationException NoReceiver(Composition parts) =>
        new(
            ErrorCodes.RepositoryUnavailable,
            $"the repository {parts.Model.Backup.RepositoryDirectory} has never received WAL of this system, "
                + "and a backup without its WAL is none",
            "start the receiver with howdah up"
        );
}
