using Howdah.Repository.Drills;

namespace Howdah.Repository.Tests.Drills;

public sealed class DrillLogTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 11, 23, 9, 14, 55, TimeSpan.Zero);

    private readonly TemporaryDirectory _directory = new();
    private readonly DrillLog _drills;

    public DrillLogTests() =>
        _drills = BackupRepository.CreateOrOpen(_directory.File("r"), new RepositoryOptions()).Drills;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void The_last_drill_is_the_newest_also_where_the_clock_was_ahead_before()
    {
        Add(Now.AddYears(1), failure: null);
        Add(Now, failure: "it did not start");
        Assert.Equal("it did not start", _drills.FindNewest()!.Failure);
        Add(Now.AddSeconds(1), failure: null);
        Assert.Null(_drills.FindNewest()!.Failure);
        Assert.Equal(3, _drills.List().Count);
    }

    [Fact]
    public void An_id_is_the_time_to_the_millisecond() => Assert.Equal("20261123T091455000", _drills.NextId(Now));

    private void Add(DateTimeOffset at, string? failure) =>
        _drills.Add(new DrillRecord { Id = _drills.NextId(at), StartedAt = at, Failure = failure });
}
