using CsCheck;
using Howdah.Core.Wal;

namespace Howdah.Core.Tests;

public sealed class TimelineHistoryTests
{
    private const string Third = "1\t0/178CB48\tno recovery target specified\n\n2\t0/3000110\tbefore 2026-11-23 09:00:00+00\n";

    [Fact]
    public void A_history_file_is_read()
    {
        var history = TimelineHistory.Parse(new TimelineId(3), Third);

        Assert.Equal(
            [
                new TimelineAncestor(new TimelineId(1), Lsn.Parse("0/178CB48"), "no recovery target specified"),
                new TimelineAncestor(new TimelineId(2), Lsn.Parse("0/3000110"), "before 2026-11-23 09:00:00+00"),
            ],
            history.Ancestors);
    }

    [Theory]
    [InlineData("0/1000000", 1u)]
    [InlineData("0/178CB47", 1u)]
    [InlineData("0/178CB48", 2u)]
    [InlineData("0/3000110", 3u)]
    [InlineData("9/0", 3u)]
    public void Each_byte_belongs_to_one_timeline(string lsn, uint timeline) =>
        Assert.Equal(new TimelineId(timeline), TimelineHistory.Parse(new TimelineId(3), Third).TimelineAt(Lsn.Parse(lsn)));

    [Fact]
    public void A_point_after_the_fork_is_not_on_the_way()
    {
        var history = TimelineHistory.Parse(new TimelineId(3), Third);

        Assert.True(history.Contains(new TimelineId(1), Lsn.Parse("0/178CB48")));
        Assert.False(history.Contains(new TimelineId(1), Lsn.Parse("0/178CB49")));
        Assert.False(history.Contains(new TimelineId(4), Lsn.Parse("0/178CB48")));
    }

    [Fact]
    public void Comments_and_blank_lines_are_skipped() =>
        Assert.Single(TimelineHistory.Parse(new TimelineId(16), "# made by hand\n\n 10\t0/5000000\n").Ancestors);

    [Theory]
    [InlineData("nonsense", 1)]
    [InlineData("1\t0/1\tx\n1", 2)]
    [InlineData("1\t0/1\tx\n1\t0/2\tagain\n", 2)]
    [InlineData("2\t0/1\tx\n1\t0/2\tbackwards\n", 2)]
    [InlineData("3\t0/1\titself\n", 1)]
    [InlineData("0\t0/1\tzero\n", 1)]
    public void A_malformed_line_is_named(string text, int line)
    {
        var error = Assert.Throws<FormatException>(() => TimelineHistory.Parse(new TimelineId(3), text));

        Assert.StartsWith($"line {line}:", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Random_text_is_read_or_refused_and_nothing_else() =>
        Gen.String[Gen.Char["0123456789/ABCDEF\t\n# x"], 0, 60].Sample(text =>
        {
            try
            {
                _ = TimelineHistory.Parse(new TimelineId(9), text);
            }
            catch (FormatException error)
            {
                Assert.StartsWith("line ", error.Message, StringComparison.Ordinal);
            }
        });
}
