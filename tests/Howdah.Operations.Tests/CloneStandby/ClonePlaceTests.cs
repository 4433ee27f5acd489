using Howdah.Operations.CloneStandby;

namespace Howdah.Operations.Tests.CloneStandby;

/// <summary>What the next clone takes for left by an interrupted one, and removes.</summary>
public sealed class ClonePlaceTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly string _data;
    private readonly string _tablespace;

    public ClonePlaceTests()
    {
        _data = _directory.File("data");
        _tablespace = _directory.File("tablespace");
    }

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void An_unfinished_clone_and_what_it_claimed_are_removed()
    {
        Interrupt();
        new ClonePlace(_data).Begin("again");
        Assert.False(Directory.Exists(_data + ".new"));
        Assert.False(Directory.Exists(_tablespace));
    }

    /// <summary>Killed after the copy got its final name, and before the note was removed: the standby runs on its tablespaces.</summary>
    [Fact]
    public void What_a_clone_claimed_that_was_put_in_place_is_left_alone()
    {
        Interrupt();
        Directory.Move(_data + ".new", _directory.File("data.live"));
        new ClonePlace(_data).Begin("again");
        Assert.True(File.Exists(Path.Combine(_tablespace, "rows")));
    }

    [Fact]
    public void A_clone_that_is_given_up_leaves_nothing()
    {
        var place = Interrupt();
        place.Abandon();
        Assert.Empty(Directory.GetFileSystemEntries(_directory.Path));
    }

    private ClonePlace Interrupt()
    {
        var place = new ClonePlace(_data);
        place.Begin("first");
        Directory.CreateDirectory(_data + ".new");
        place.Claim(_tablespace);
        Directory.CreateDirectory(_tablespace);
        File.WriteAllText(Path.Combine(_tablespace, "rows"), "");
        return place;
    }
}
