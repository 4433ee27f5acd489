using CsCheck;
using Howdah.Postgres.Server;
using Howdah.Postgres.Versions;

namespace Howdah.Postgres.Tests.Server;

public sealed class PostmasterFileTests
{
    [Fact]
    public void A_running_servers_file_is_read()
    {
        var file = PostmasterFile.Parse("4711\n/data\n1700000000\n5432\n/run\n127.0.10.2\n  5432001   1234\nstandby \n")!;
        var expected = new PostmasterFile(4711, "/data")
        {
            StartTime = 1700000000,
            Port = 5432,
            SocketDirectory = "/run",
            ListenAddress = "127.0.10.2",
            Status = PostmasterStatus.Standby,
        };
        Assert.Equal(expected, file);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n/data")]
    [InlineData("x")]
    [InlineData("0")]
    [InlineData("-2147483648")]
    public void Without_a_process_id_there_is_nothing(string text) => Assert.Null(PostmasterFile.Parse(text));

    [Fact]
    public void A_half_written_file_is_read_as_far_as_it_goes() =>
        Assert.Equal(new PostmasterFile(12, "/d"), PostmasterFile.Parse("12\n/d\n"));

    [Fact]
    public void Random_text_never_breaks_the_reader() => Gen.String.Sample(text => PostmasterFile.Parse(text));

    [Theory]
    [InlineData("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", 150018)]
    [InlineData("postgres (PostgreSQL) 11.22", 110022)]
    [InlineData("postgres (PostgreSQL) 19devel", 190000)]
    public void Versions_are_read(string text, int number)
    {
        Assert.True(PostgresInstallations.TryParseVersion(text, out var version));
        Assert.Equal(new PostgresVersion(number), version);
    }
}
