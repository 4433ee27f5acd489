using Howdah.Core.Errors;
using Howdah.Operations.Backup;
using Howdah.Postgres.Replication;

namespace Howdah.Operations.Tests.Backup;

public sealed class DirectorySinkTests : IDisposable
{
    private static readonly CancellationToken Never = CancellationToken.None;

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_file_or_directory_sent_twice_is_refused()
    {
        await using var sink = await BeginAsync();
        await sink.AddDirectoryAsync("base", Never);
        await Assert.ThrowsAsync<OperationException>(async () => await sink.AddDirectoryAsync("base", Never));
        await WriteAsync(sink, "base/file");
        await Assert.ThrowsAsync<OperationException>(async () => await sink.BeginFileAsync(new BackupFile("base/file", 0, default), Never));
    }

    [Fact]
    public async Task Group_access_opens_directories_and_files_to_the_group()
    {
        await using var sink = await BeginAsync(new BackupSinkStart([], GroupAccess: true));
        await sink.AddDirectoryAsync("base", Never);
        await WriteAsync(sink, "base/file");
        await sink.CompleteAsync(Never);
        Assert.Equal((UnixFileMode)0b111_101_000, File.GetUnixFileMode(_directory.File("data")));
        Assert.Equal((UnixFileMode)0b111_101_000, File.GetUnixFileMode(_directory.File("data/base")));
        Assert.Equal((UnixFileMode)0b110_100_000, File.GetUnixFileMode(_directory.File("data/base/file")));
    }

    [Fact]
    public async Task What_is_not_completed_is_removed_and_an_empty_directory_that_was_there_stays()
    {
        Directory.CreateDirectory(_directory.File("data"));
        await using (var sink = await BeginAsync(new BackupSinkStart([new TablespaceInfo(16388, "/far", null)], GroupAccess: false)))
        {
            await sink.AddDirectoryAsync("base", Never);
            await WriteAsync(sink, "base/file");
            await WriteAsync(sink, "pg_tblspc/16388/file");
            Assert.True(File.Exists(_directory.File("space/file")));
            sink.CreateManifest().Dispose();
        }

        Assert.Empty(Directory.EnumerateFileSystemEntries(_directory.File("data")));
        Assert.False(Directory.Exists(_directory.File("space")));
    }

    [Theory]
    [InlineData("pg_tblspc/1/x")]
    [InlineData("pg_tblspc/x")]
    public async Task A_tablespace_that_was_not_announced_is_refused(string path)
    {
        await using var sink = await BeginAsync();
        var error = await Assert.ThrowsAsync<OperationException>(
            async () => await sink.BeginFileAsync(new BackupFile(path, 0, default), Never));
        Assert.Equal(ErrorCodes.ProtocolViolation, error.Code);
    }

    private static async Task WriteAsync(DirectorySink sink, string path)
    {
        await sink.BeginFileAsync(new BackupFile(path, 3, default), Never);
        await sink.WriteAsync(new byte[] { 1, 2, 3 }, Never);
        await sink.EndFileAsync(Never);
    }

    private async Task<DirectorySink> BeginAsync(BackupSinkStart? start = null)
    {
        var sink = new DirectorySink(new DirectorySinkOptions
        {
            DataDirectory = _directory.File("data"),
            LocateTablespace = _ => _directory.File("space"),
        });
        await sink.BeginAsync(start ?? new BackupSinkStart([], GroupAccess: false), Never);
        return sink;
    }
}
