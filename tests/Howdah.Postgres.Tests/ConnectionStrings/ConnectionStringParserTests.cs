using System.Net;
using CsCheck;
using Howdah.Core.Errors;
using Howdah.Core.Units;
using Howdah.Postgres.ConnectionStrings;
using Howdah.Postgres.Versions;

namespace Howdah.Postgres.Tests.ConnectionStrings;

public sealed class ConnectionStringParserTests
{
    private static readonly ConnectionDefaults Defaults = ConnectionDefaults.Empty with { UserName = "me" };

    [Theory]
    [InlineData("host=a port=5433 dbname=d user=u", "a:5433", "d", "u")]
    [InlineData("host = 'a b' user='it\\'s' dbname=x\\ y", "a b:5432", "x y", "it's")]
    [InlineData("  host=a,b port=1,2 ", "a:1 b:2", null, "me")]
    [InlineData("host=a,b port=7", "a:7 b:7", null, "me")]
    [InlineData("host=/tmp", "/tmp/.s.PGSQL.5432", null, "me")]
    [InlineData("host=a host=b", "b:5432", null, "me")]
    [InlineData("", "localhost:5432", null, "me")]
    [InlineData("postgresql://", "localhost:5432", null, "me")]
    [InlineData("postgresql://u@/d", "localhost:5432", "d", "u")]
    [InlineData("postgres://u:p%40ss@h:6000/d%20b", "h:6000", "d b", "u")]
    [InlineData("postgresql://a:1,b,[::1]:3/d", "a:1 b:5432 [::1]:3", "d", "me")]
    [InlineData("postgresql://%2Ftmp%2Fx/d", "/tmp/x/.s.PGSQL.5432", "d", "me")]
    [InlineData("postgresql:///d?host=/tmp&port=5", "/tmp/.s.PGSQL.5", "d", "me")]
    [InlineData("postgresql://h?user=x", "h:5432", null, "x")]
    public void Legal_strings_are_read(string text, string servers, string? database, string user)
    {
        var settings = ConnectionStringParser.Parse(text, Defaults);
        Assert.Equal(servers, string.Join(' ', settings.Servers));
        Assert.Equal(database, settings.Database);
        Assert.Equal(user, settings.User);
    }

    [Theory]
    [InlineData("host", "position 1: missing '='")]
    [InlineData("host=a user", "position 8: missing '='")]
    [InlineData("host=a  hots=b", "position 9: unknown keyword \"hots\"")]
    [InlineData("host='a", "position 6: quoted value without its closing quote")]
    [InlineData("=a", "position 1: '=' without a keyword")]
    [InlineData("port=x", "position 6: port \"x\"")]
    [InlineData("port=65536", "position 6: port")]
    [InlineData("host=a,b port=1,2,3", "position 15: 3 ports for 2 hosts")]
    [InlineData("hostaddr=1.2.3", "ok")]
    [InlineData("hostaddr=nine", "position 10: hostaddr \"nine\"")]
    [InlineData("sslmode=maybe", "position 9: sslmode \"maybe\" is not one of disable,")]
    [InlineData("connect_timeout=soon", "position 17: connect_timeout")]
    [InlineData("sslnegotiation=direct", "sslnegotiation=direct needs")]
    [InlineData("postgresql://[::1", "position 14: '[' without ']'")]
    [InlineData("postgresql://[]/", "position 14: no IPv6 address")]
    [InlineData("postgresql://[::1]x", "position 19: 'x' after ']'")]
    [InlineData("postgresql://h/%4", "position 16: '%'")]
    [InlineData("postgresql://h/%00", "position 16: %00")]
    [InlineData("postgresql://h/%FF", "position 16: percent-encoded bytes")]
    [InlineData("postgresql://h/?foo=1", "position 17: unknown keyword \"foo\"")]
    [InlineData("postgresql://h/?user", "position 17: missing '='")]
    [InlineData("postgresql://h/?user=a=b", "position 22: extra '='")]
    public void Every_error_names_its_position(string text, string expected)
    {
        if (expected == "ok")
        {
            ConnectionStringParser.Parse(text, Defaults);
            return;
        }

        var exception = Assert.Throws<OperationException>(() => ConnectionStringParser.Parse(text, Defaults));
        Assert.Equal(ErrorCodes.ConnectionStringInvalid, exception.Code);
        Assert.Contains(expected, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_string_is_stronger_than_its_service_and_that_than_the_environment()
    {
        var directory = Directory.CreateTempSubdirectory("howdah-service-").FullName;
        File.WriteAllText(
            Path.Combine(directory, "services"), "# comment\n[other]\nhost=wrong\n[mine]\nhost=fromservice\nport=7\n[late]\nport=8\n");
        var defaults = Defaults with
        {
            Environment = new Dictionary<string, string>
            {
                ["PGSERVICEFILE"] = Path.Combine(directory, "services"),
                ["PGPORT"] = "9",
                ["PGUSER"] = "env",
                ["PGHOST"] = "envhost",
            },
        };
        var settings = ConnectionStringParser.Parse("service=mine user=explicit", defaults);
        Assert.Equal("fromservice:7", settings.Servers[0].ToString());
        Assert.Equal("explicit", settings.User);
        var unknown = Assert.Throws<OperationException>(() => ConnectionStringParser.Parse("service=none", defaults));
        Assert.Contains("service \"none\" is not defined", unknown.Message, StringComparison.Ordinal);
        Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public void A_bad_environment_variable_is_named()
    {
        var defaults = Defaults with { Environment = new Dictionary<string, string> { ["PGPORT"] = "many" } };
        var exception = Assert.Throws<OperationException>(() => ConnectionStringParser.Parse("", defaults));
        Assert.Contains("environment variable PGPORT", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Written_settings_read_back_equal()
    {
        var gen =
            from host in Gen.OneOf(Gen.Const("localhost"), Gen.Const("/tmp/a b"), Gen.Const("::1"), Gen.String[Gen.Char.AlphaNumeric, 1, 8])
            from port in Gen.Int[1, 65535]
            from user in Gen.String[Gen.Char[' ', '~'], 1, 12]
            from database in Gen.String[Gen.Char['!', 'ÿ'], 1, 12]
            from name in Gen.String[Gen.Char[' ', 'ż'], 1, 12]
            from mode in Gen.Enum<SslMode>()
            from target in Gen.Enum<TargetSessionAttributes>()
            select ConnectionSettings.ForServer(host, port) with
            {
                User = user,
                Database = database,
                ApplicationName = name,
                SslMode = mode,
                TargetSessionAttributes = target,
                PassFile = "/p/pass file",
                Password = new Secret("hush"),
            };
        gen.Sample(settings =>
        {
            var newest = PostgresVersion.OfMajor(18);
            foreach (var text in new[] { settings.ToConninfo(newest), settings.ToUri(newest) })
            {
                Assert.DoesNotContain("hush", text, StringComparison.Ordinal);
                var read = ConnectionStringParser.Parse(text, Defaults);
                Assert.Equal(settings.Servers, read.Servers);
                Assert.Equal(
                    (
                        settings.User,
                        settings.Database,
                        settings.ApplicationName,
                        settings.SslMode,
                        settings.TargetSessionAttributes,
                        settings.PassFile),
                    (read.User, read.Database, read.ApplicationName, read.SslMode, read.TargetSessionAttributes, read.PassFile));
            }
        });
    }

    [Fact]
    public void Older_readers_get_only_keywords_that_they_know()
    {
        var settings = ConnectionStringParser.Parse(
            "host=a channel_binding=require tcp_user_timeout=3 sslmode=require sslsni=1 target_session_attrs=standby keepalives=1",
            Defaults);
        Assert.Equal("host=a port=5432 user=me sslmode=require keepalives=1", settings.ToConninfo(PostgresVersion.OfMajor(11)));
        var newer = settings.ToConninfo(PostgresVersion.OfMajor(14));
        Assert.Contains("channel_binding=require", newer, StringComparison.Ordinal);
        Assert.Contains("target_session_attrs=standby", newer, StringComparison.Ordinal);
        Assert.Contains("sslsni=1", newer, StringComparison.Ordinal);
    }

    [Fact]
    public void Our_own_source_address_is_never_written() =>
        Assert.DoesNotContain(
            "127.0.0.9",
            (ConnectionSettings.ForServer("h") with { SourceAddress = IPAddress.Parse("127.0.0.9") })
                .ToConninfo(PostgresVersion.OfMajor(18)),
            StringComparison.Ordinal);

    [Fact]
    public void Any_text_is_read_or_refused_with_an_operating_error() =>
        Gen.OneOf(
                Gen.String,
                Gen.String[Gen.Char["host=port'\\ \t,user&?%2F/[]:@12"], 0, 40],
                Gen.String[Gen.Char["host=port'\\ ,user&?%2F/[]:@12"], 0, 40].Select(tail => $"postgresql://{tail}"))
            .Sample(text =>
            {
                try
                {
                    ConnectionStringParser.Parse(text, Defaults);
                }
                catch (OperationException exception)
                {
                    Assert.Equal(ErrorCodes.ConnectionStringInvalid, exception.Code);
                }
            });

    [Fact]
    public void Settings_do_not_show_the_password() =>
        Assert.DoesNotContain("hush", ConnectionStringParser.Parse("password=hush", Defaults).ToString(), StringComparison.Ordinal);
}
