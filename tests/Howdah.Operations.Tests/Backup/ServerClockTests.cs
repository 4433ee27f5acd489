using Howdah.Operations.Backup;
using Microsoft.Extensions.Time.Testing;

namespace Howdah.Operations.Tests.Backup;

public sealed class ServerClockTests
{
    private static readonly DateTimeOffset Ours = new(2026, 11, 23, 9, 0, 0, 700, TimeSpan.Zero);

    private readonly ServerClock _clock;

    public ServerClockTests() => _clock = new ServerClock(new FakeTimeProvider(Ours));

    [Theory]
    [InlineData(-3600)]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(2)]
    public void A_server_that_is_about_here_or_behind_changes_nothing(int seconds)
    {
        _clock.Note(Ours.AddMilliseconds(-700).AddSeconds(seconds));
        Assert.Equal(Ours, _clock.ToServer(Ours));
    }

    [Fact]
    public void A_time_is_never_before_the_servers_where_that_is_ahead()
    {
        // It was 09:01:00.9 there, and whole seconds are told.
        _clock.Note(new DateTimeOffset(2026, 11, 23, 9, 1, 0, TimeSpan.Zero));
        Assert.InRange(_clock.ToServer(Ours), Ours.AddSeconds(60.2), Ours.AddSeconds(61.5));
    }
}
