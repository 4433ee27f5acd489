using Howdah.Cluster.Agents;
using Howdah.Cluster.Configuration;
using Howdah.Cluster.Observation;

namespace Howdah.Cluster.Tests.Agents;

/// <summary>Which of two cluster files counts, on every host alike.</summary>
public sealed class ClusterFileStoreTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("howdah-store-").FullName;

    [Fact]
    public void Two_files_that_were_applied_at_the_same_moment_end_as_the_same_one_everywhere()
    {
        var one = new ClusterFileRevision(2, "one") { Origin = FileMark.OriginOfEdit() };
        var other = new ClusterFileRevision(2, "other") { Origin = FileMark.OriginOfEdit() };
        var (left, right) = (Store("left"), Store("right"));
        Assert.True(left.Install(one));
        Assert.True(right.Install(other));

        // Each host takes what the other has, where that is newer.
        var wasOne = left.Install(other);
        Assert.NotEqual(wasOne, right.Install(one));
        Assert.Equal(left.Read(), right.Read());
        Assert.False(left.Install(one) || left.Install(other) || right.Install(one) || right.Install(other));
    }

    [Fact]
    public void A_revocation_is_not_undone_by_an_edit_of_the_same_moment()
    {
        var passwords = new Dictionary<string, string> { ["howdah_backup"] = "new" };
        var edit = new ClusterFileRevision(2, "edit") { Origin = FileMark.OriginOfEdit() };
        var revocation = new ClusterFileRevision(2, "first", null, passwords) { Origin = FileMark.OriginOfRevocation() };
        var store = Store("left");
        Assert.True(store.Install(new ClusterFileRevision(1, "first")));
        Assert.True(store.Install(edit));
        Assert.True(store.Install(revocation));
        Assert.Equal("new", SecretFiles.ReadAll(Paths("left"))["howdah_backup"]);
        Assert.False(store.Install(edit));
    }

    [Fact]
    public void A_higher_revision_counts_whatever_its_origin() =>
        Assert.True(new FileMark(3, null).IsNewerThan(new FileMark(2, FileMark.OriginOfRevocation())));

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private ClusterPaths Paths(string host) => new(Path.Combine(_directory, host));

    private ClusterFileStore Store(string host) => new(Paths(host));
}
