using CsCheck;
using Howdah.Barman.Output;

namespace Howdah.Cluster.Tests.Barman;

public sealed class BarmanFormatTests
{
    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(1023, "1023 B")]
    [InlineData(-432, "-432 B")]
    [InlineData(1024, "1.0 KiB")]
    [InlineData(-200336, "-195.6 KiB")]
    [InlineData(23203999, "22.1 MiB")]
    [InlineData(1L << 30, "1.0 GiB")]
    [InlineData(long.MaxValue, "8.0 EiB")]
    public void Sizes_read_as_Barman_writes_them(long bytes, string expected) => Assert.Equal(expected, BarmanFormat.Size(bytes));

    [Theory]
    [InlineData(0, "less than one second")]
    [InlineData(0.9, "less than one second")]
    [InlineData(-0.5, "less than one second ago")]
    [InlineData(1, "1 second")]
    [InlineData(592, "9 minutes, 52 seconds")]
    [InlineData(3600, "1 hour")]
    [InlineData(86400, "1 day")]
    [InlineData(180061.7, "2 days, 2 hours, 1 minute, 1 second")]
    [InlineData(-60, "1 minute ago")]
    public void Durations_read_as_Barman_writes_them(double seconds, string expected) =>
        Assert.Equal(expected, BarmanFormat.Duration(TimeSpan.FromSeconds(seconds)));

    [Fact]
    public void The_day_of_a_ctime_is_padded_with_a_blank() =>
        Assert.Equal("Thu Aug  1 18:14:53 2024", BarmanFormat.CTime(new DateTimeOffset(2024, 8, 1, 18, 14, 53, TimeSpan.FromHours(2))));

    [Fact]
    public void Timestamps_carry_the_offset_of_their_zone() =>
        Assert.Equal("2024-08-14 01:55:04.975021+02:00", BarmanFormat.Timestamp(
            new DateTimeOffset(2024, 8, 14, 1, 55, 4, TimeSpan.FromHours(2)).AddTicks(9_750_210)));

    [Theory]
    [InlineData("receive-wal running", "receive_wal_running")]
    [InlineData("WAL archive", "wal_archive")]
    [InlineData("superuser or standard user with backup privileges", "superuser_or_standard_user_with_backup_privileges")]
    public void Keys_are_labels_in_lower_case(string label, string expected) => Assert.Equal(expected, BarmanFormat.Key(label));

    [Fact]
    public void JSON_of_any_text_is_ASCII_and_reads_back() =>
        Gen.String.Sample(text =>
        {
            // A lone surrogate is no character; readers replace it.
            if (text.Any(char.IsSurrogate))
                return;
            var json = SortedJson.Write(new System.Text.Json.Nodes.JsonObject { ["k"] = text });
            Assert.All(json, character => Assert.InRange(character, ' ', '~'));
            Assert.Equal(text, System.Text.Json.Nodes.JsonNode.Parse(json)!["k"]!.GetValue<string>());
        });
}
