using System.Diagnostics;
using System.Runtime.Versioning;
using CsCheck;
using Howdah.Core.Errors;
using Howdah.Core.Units;
using Howdah.Postgres.ConnectionStrings;

namespace Howdah.Postgres.Tests.ConnectionStrings;

[UnsupportedOSPlatform("windows")]
public sealed class PassFileTests
{
    private static readonly PassFileKey Key = new("h", 5432, "d", "u");

    [Theory]
    [InlineData("h:5432:d:u:secret", "secret")]
    [InlineData("*:*:*:*:any", "any")]
    [InlineData("# h:5432:d:u:no\nh:5432:d:u:yes\nh:5432:d:u:later", "yes")]
    [InlineData("h:5433:d:u:no\n*:5432:*:u:with\\:colon\\\\", "with:colon\\")]
    [InlineData("h:5432:d:u", null)]
    [InlineData("h:5432:d:x:no", null)]
    [InlineData("", null)]
    [InlineData("h:5432:d:u:p:q", "p:q")]
    public void The_first_matching_line_counts(string text, string? expected) =>
        Assert.Equal(expected, PassFile.FindLine(text, Key)?.Reveal());

    [Fact]
    public void A_rendered_line_is_found_again() =>
        Gen.Select(
            Gen.String[Gen.Char[' ', '~'], 1, 10],
            Gen.Int[1, 65535],
            Gen.String[Gen.Char[' ', 'ÿ'], 1, 10]).Sample((name, port, password) =>
        {
            var key = new PassFileKey($"h{name}", port, name, $"u{name}");
            Assert.Equal(password, PassFile.FindLine(PassFile.RenderLine(key, new Secret(password)), key)?.Reveal());
        });

    [Fact]
    public void A_line_break_cannot_be_rendered() =>
        Assert.Throws<OperationException>(() => PassFile.RenderLine(Key, new Secret("a\nb")));

    [Fact]
    public void A_file_that_others_may_read_is_not_used()
    {
        var path = Path.GetTempFileName();
        File.WriteAllText(path, "*:*:*:*:p");
        new FileInfo(path).UnixFileMode = UnixFileMode.UserRead | UnixFileMode.GroupRead;
        var refused = PassFile.Find(path, Key);
        Assert.Null(refused.Password);
        Assert.Contains("chmod 0600", refused.Problem, StringComparison.Ordinal);
        new FileInfo(path).UnixFileMode = UnixFileMode.UserRead;
        Assert.Equal("p", PassFile.Find(path, Key).Password?.Reveal());
        File.Delete(path);
        Assert.Equal(default, PassFile.Find(path, Key));
    }

    [Fact]
    public async Task A_pipe_in_place_of_a_file_is_not_waited_for()
    {
        var path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        using (var make = Process.Start("mkfifo", ["-m", "0600", path]))
            await make.WaitForExitAsync(TestContext.Current.CancellationToken);
        try
        {
            var cancellation = TestContext.Current.CancellationToken;
            var found = await Task.Run(() => PassFile.Find(path, Key), cancellation).WaitAsync(TimeSpan.FromSeconds(5), cancellation);
            Assert.Null(found.Password);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void A_link_to_a_file_counts_as_the_file()
    {
        var directory = Directory.CreateTempSubdirectory("howdah-test-");
        var file = Path.Combine(directory.FullName, "real");
        File.WriteAllText(file, "*:*:*:*:p");
        File.SetUnixFileMode(file, UnixFileMode.UserRead);
        var link = File.CreateSymbolicLink(Path.Combine(directory.FullName, "link"), file).FullName;
        Assert.Equal("p", PassFile.Find(link, Key).Password?.Reveal());
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        Assert.Contains("chmod 0600", PassFile.Find(link, Key).Problem, StringComparison.Ordinal);
        directory.Delete(recursive: true);
    }

    [Fact]
    public void Any_text_has_a_password_for_the_key_or_none() =>
        Gen.String[Gen.Char["h5432:d:u*\\\r\n#\0é:"], 0, 60].Sample(text =>
        {
            if (PassFile.FindLine(text, Key) is { } found)
                Assert.DoesNotContain('\n', found.Reveal());
        });

    [Theory]
    [InlineData("/var/run/postgresql", "localhost")]
    [InlineData("/somewhere", "/somewhere")]
    [InlineData("db.example", "db.example")]
    public void A_default_socket_counts_as_localhost(string host, string expected) =>
        Assert.Equal(expected, PassFileKey.For(new ServerAddress(host), "d", "u").Host);
}
