using Howdah.Core.Errors;
using Howdah.Core.Restore;
using Howdah.Integration.Tests.Fixtures;
using Howdah.Integration.Tests.Restore;
using Howdah.Integration.Tests.Server;
using Howdah.Operations.FetchWal;
using Howdah.Operations.Restore;
using Howdah.Repository;

namespace Howdah.Integration.Tests.Cluster;

/// <summary>What may not be looked at is told as such, and never taken for something that is not there.</summary>
public sealed class DeniedAccessTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_data_directory_that_may_not_be_read_is_never_planned_as_absent(bool isItself)
    {
        if (await Unprivileged.HasRunElsewhereAsync())
            return;
        await using var lab = new ClusterLab(SupportedMajors.Default);
        await lab.UpAsync();
        await lab.StopAsync(lab.Slave.DataDirectory);
        await lab.StopAsync(lab.Master.DataDirectory);
        var hidden = isItself ? lab.Master.DataDirectory : Path.GetDirectoryName(lab.Master.DataDirectory)!;
        await HideAsync(hidden, async () =>
        {
            var denied = await Assert.ThrowsAsync<OperationException>(() => lab.Operations().PlanAsync(lab.Token));
            Expect(denied, lab.Master.DataDirectory);
            Expect(await Assert.ThrowsAsync<OperationException>(() => lab.UpAsync()), lab.Master.DataDirectory);
            Expect(
                await Assert.ThrowsAsync<OperationException>(() => lab.Operations().StatusAsync(lab.Token)), lab.Master.DataDirectory);
        });
        Assert.Contains((await lab.Operations().PlanAsync(lab.Token)).Steps, step => step.Text.Contains("start", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_repository_a_cluster_file_and_a_destination_that_may_not_be_read_are_told_with_user_and_path()
    {
        if (await Unprivileged.HasRunElsewhereAsync())
            return;
        await using var lab = new ClusterLab(SupportedMajors.Default);
        await lab.UpAsync();
        var wal = Path.Combine(lab.Model.Backup.RepositoryDirectory, "wal");
        await HideAsync(wal, async () =>
        {
            var status = await lab.Operations().StatusAsync(lab.Token);
            Assert.Contains("denied", status.Backup.Problem, StringComparison.Ordinal);
            Assert.Contains(wal, status.Backup.Problem, StringComparison.Ordinal);
            Assert.Null(status.Backup.Snapshots);
        });

        var closed = Directory.CreateDirectory(Path.Combine(lab.Directory, "closed")).FullName;
        await File.WriteAllTextAsync(Path.Combine(closed, "howdah.toml"), "");
        await HideAsync(closed, async () =>
        {
            var repository = BackupRepository.Open(lab.Model.Backup.RepositoryDirectory, PartialFrontier.Options(TimeProvider.System));
            var options = new RestoreOptions(Path.Combine(closed, "copy"), RestoreTarget.Latest) { FetchProgram = BuiltProgram.Path };
            var operation = new RestoreOperation(repository, options, TimeProvider.System);
            Expect(await Assert.ThrowsAsync<OperationException>(() => operation.PlanAsync(lab.Token)), closed);

            var file = Path.Combine(closed, "howdah.toml");
            var told = await TestCommand.TryRunAsync([BuiltProgram.Path, "status", "--config", file]);
            Assert.Equal(21, told.ExitCode);
            Assert.Contains($"{file}: permission denied to user {Environment.UserName}", told.Everything, StringComparison.Ordinal);
        });
    }

    private static void Expect(OperationException told, string path)
    {
        Assert.Equal(ErrorCodes.AccessDenied, told.Code);
        Assert.Contains(path, told.Message, StringComparison.Ordinal);
        Assert.Contains($"permission denied to user {Environment.UserName}", told.Message, StringComparison.Ordinal);
        Assert.NotNull(told.Hint);
    }

    private static async Task HideAsync(string directory, Func<Task> look)
    {
        var mode = File.GetUnixFileMode(directory);
        File.SetUnixFileMode(directory, UnixFileMode.None);
        try
        {
            await look();
        }
        finally
        {
            File.SetUnixFileMode(directory, mode);
        }
    }
}
