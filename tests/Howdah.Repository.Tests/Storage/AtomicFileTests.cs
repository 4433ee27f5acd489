using CsCheck;
using Howdah.Storage;

namespace Howdah.Repository.Tests.Storage;

public sealed class AtomicFileTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Write_replaces_the_content_and_leaves_nothing_else_behind()
    {
        var path = _directory.File("a");
        AtomicFile.Write(path, "first, longer");
        AtomicFile.Write(path, "second");
        Assert.Equal("second", File.ReadAllText(path));
        Assert.Equal([path], Directory.GetFileSystemEntries(_directory.Path));
        Assert.Equal(AtomicFile.OwnerOnly, File.GetUnixFileMode(path));
    }

    [Fact]
    public void Put_if_absent_never_replaces_and_tells_same_from_different()
    {
        var path = _directory.File("a");
        Assert.Equal(PutResult.Created, AtomicFile.PutIfAbsent(path, "one"u8));
        Assert.Equal(PutResult.AlreadyPresent, AtomicFile.PutIfAbsent(path, "one"u8));
        Assert.Equal(PutResult.Different, AtomicFile.PutIfAbsent(path, "two"u8));
        Assert.Equal("one", File.ReadAllText(path));
        Assert.Equal([path], Directory.GetFileSystemEntries(_directory.Path));
    }

    [Fact]
    public void Of_many_writers_that_put_the_same_name_exactly_one_creates_it()
    {
        var path = _directory.File("a");
        var results = new PutResult[32];
        Parallel.For(0, results.Length, index => results[index] = AtomicFile.PutIfAbsent(path, [(byte)index]));
        Assert.Single(results, static result => result == PutResult.Created);
        Assert.Equal(Array.IndexOf(results, PutResult.Created), File.ReadAllBytes(path)[0]);
    }

    [Fact]
    public void Rename_without_replace_leaves_both_where_the_target_exists()
    {
        AtomicFile.Write(_directory.File("a"), "a");
        AtomicFile.Write(_directory.File("b"), "b");
        Assert.False(DurableFile.TryRename(_directory.File("a"), _directory.File("b")));
        Assert.Equal("b", File.ReadAllText(_directory.File("b")));
        Assert.True(DurableFile.TryRename(_directory.File("a"), _directory.File("c")));
        Assert.False(File.Exists(_directory.File("a")));
    }

    [Fact]
    public void A_full_disk_is_told_apart_from_other_failures()
    {
        using var full = File.OpenHandle("/dev/full", FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        var exception = Assert.ThrowsAny<IOException>(() => RandomAccess.Write(full, new byte[4096], 0));
        Assert.True(StorageFailure.IsDiskFull(exception));
        Assert.Equal("disk-full", StorageFailure.Describe("writing", exception).Code.Name);
        Assert.False(StorageFailure.IsDiskFull(new FileNotFoundException()));
    }

    [Fact]
    public void Preallocation_beyond_the_disk_reports_a_full_disk()
    {
        // A tmpfs refuses at once (shmem_fallocate); a disk would first be filled to its end, under every other test that runs.
        var path = Path.Combine("/dev/shm", Path.GetFileName(_directory.Path));
        using var handle = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, FileOptions.DeleteOnClose);
        var space = DiskSpace.Of(path);
        Assert.InRange(space.FreeBytes, 1, space.TotalBytes);
        var exception = Assert.ThrowsAny<IOException>(() => DurableFile.Preallocate(handle, 0, space.TotalBytes * 2, path));
        Assert.True(StorageFailure.IsDiskFull(exception), exception.Message);
    }

    [Fact]
    public void Copy_is_exact_for_any_length() => Gen.Byte.Array[0, 200_000].Sample(
        content =>
        {
            AtomicFile.Write(_directory.File("source"), content);
            File.Delete(_directory.File("target"));
            using var source = File.OpenHandle(_directory.File("source"));
            using var target = File.OpenHandle(_directory.File("target"), FileMode.CreateNew, FileAccess.ReadWrite);
            Assert.Equal(content.Length, FileCopy.CopyAll(source, target, CancellationToken.None));
            Assert.True(FileComparison.AreEqual(_directory.File("source"), _directory.File("target")));
        },
        iter: 30,
        threads: 1);

    [Fact]
    public void A_lock_keeps_others_out_names_its_holder_and_ends_with_it()
    {
        var path = _directory.File("lock");
        using (FileLock.Acquire(path, "testing"))
        {
            Assert.Null(FileLock.TryAcquire(path));
            var refused = Assert.Throws<Howdah.Core.Errors.OperationException>(() => FileLock.Acquire(path, "testing"));
            Assert.Contains($"process {Environment.ProcessId}", refused.Message, StringComparison.Ordinal);
        }

        using var again = FileLock.TryAcquire(path);
        Assert.NotNull(again);
    }

    /// <summary>NFS and others do not know RENAME_NOREPLACE.</summary>
    [Fact]
    public void Without_the_flag_files_and_directories_are_renamed_and_nothing_is_replaced()
    {
        var (file, taken) = (_directory.File("file"), _directory.File("taken"));
        var (directory, full) = (_directory.File("directory"), _directory.File("full"));
        File.WriteAllText(file, "one");
        File.WriteAllText(taken, "two");
        Directory.CreateDirectory(directory);
        Directory.CreateDirectory(full);
        File.WriteAllText(Path.Combine(full, "a"), "three");

        Assert.NotEqual(0, DurableFile.RenameByOtherMeans(file, taken));
        Assert.NotEqual(0, DurableFile.RenameByOtherMeans(directory, full));
        Assert.NotEqual(0, DurableFile.RenameByOtherMeans(directory, taken));
        Assert.Equal(("one", "two", "three"), (File.ReadAllText(file), File.ReadAllText(taken), File.ReadAllText(Path.Combine(full, "a"))));

        Assert.Equal(0, DurableFile.RenameByOtherMeans(file, _directory.File("renamed")));
        Assert.Equal(0, DurableFile.RenameByOtherMeans(full, _directory.File("moved")));
        Assert.Equal("one", File.ReadAllText(_directory.File("renamed")));
        Assert.True(File.Exists(Path.Combine(_directory.File("moved"), "a")));
        Assert.False(File.Exists(file) || Directory.Exists(full));
    }
}
