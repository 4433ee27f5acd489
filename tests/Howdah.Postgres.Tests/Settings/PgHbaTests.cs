using CsCheck;
using Howdah.Core.Errors;
using Howdah.Postgres.Settings;
using Howdah.Postgres.Versions;

namespace Howdah.Postgres.Tests.Settings;

public sealed class PgHbaTests
{
    private const string Sample = """
        # TYPE  DATABASE        USER            ADDRESS                 METHOD
        local   all             all                                     peer map=x
        host    "my db",other   "o""brien",+grp 10.0.10.3/32            scram-sha-256
        hostssl replication,  app streaming  10.0.10.0 255.255.255.0       cert clientcert=verify-full
        hostnossl all all all reject # the rest
        host "replication" @users samenet md5
        host all all ::1/128 ldap ldapserver=x "ldapprefix=cn=a b"
        """;

    private static readonly PostgresVersion Fifteen = PostgresVersion.OfMajor(15);

    [Fact]
    public void What_is_not_changed_comes_out_byte_for_byte() => Assert.Equal(Sample, PgHba.Parse(Sample, "f", Fifteen).ToString());

    [Fact]
    public void Rules_are_read_with_quoting_lists_masks_and_options()
    {
        var records = PgHba.Parse(Sample, "f", Fifteen).Records.ToList();
        Assert.Equal(6, records.Count);
        Assert.Equal(["my db", "other"], records[1].Databases.Select(token => token.Text));
        Assert.Equal(["o\"brien", "+grp"], records[1].Users.Select(token => token.Text));
        Assert.Equal(["replication", "app"], records[2].Databases.Select(token => token.Text));
        Assert.Equal(("10.0.10.0", "255.255.255.0"), (records[2].Address, records[2].Mask));
        Assert.False(records[4].Databases[0].IsKeyword("replication"));
        Assert.Equal("cn=a b", records[5].Options[1].Value);
        Assert.Equal("hostnossl all all all reject", records[3].ToString());
    }

    [Fact]
    public void A_backslash_continues_a_line_from_14_on()
    {
        const string Text = "host all \\\n  all 127.0.0.1/32 \\\n md5\nlocal all all peer\n";
        var hba = PgHba.Parse(Text, "f", PostgresVersion.OfMajor(14));
        Assert.Equal([1, 4], hba.Entries.Select(entry => entry.Line));
        Assert.Equal(Text, hba.ToString());
        Assert.Throws<OperationException>(() => PgHba.Parse(Text, "f", PostgresVersion.OfMajor(13)));
    }

    [Fact]
    public void Includes_exist_from_16_on()
    {
        const string Text = "include_dir 'hba.d'\nlocal all all peer";
        Assert.Equal(ConfIncludeKind.Directory, PgHba.Parse(Text, "f", PostgresVersion.OfMajor(16)).Entries.First().Include!.Kind);
        Assert.Throws<OperationException>(() => PgHba.Parse(Text, "f", Fifteen));
    }

    [Fact]
    public void A_rule_goes_before_what_would_shadow_it_and_only_once()
    {
        const string Rule = "host replication streaming 10.0.10.3/32 scram-sha-256";
        var hba = PgHba.Parse("# mine\nlocal all all peer\nhost all all all reject\n", "f", Fifteen);
        var changed = hba.InsertBefore(record => record.Method == "reject", Rule);
        Assert.Equal($"# mine\nlocal all all peer\n{Rule}\nhost all all all reject\n", changed.ToString());
        Assert.Same(changed, changed.InsertBefore(record => record.Method == "reject", Rule));
        Assert.Equal($"# mine\n{Rule}\nlocal all all peer\nhost all all all reject\n", hba.InsertFirst(Rule).ToString());
        Assert.Equal($"# mine\nlocal all all peer\nhost all all all reject\n{Rule}\n", hba.Append(Rule).ToString());
        Assert.Equal(hba.ToString(), changed.Remove(record => record.ToString() == Rule).ToString());
    }

    [Theory]
    [InlineData("hosst all all all md5", "\"hosst\" is no connection type")]
    [InlineData("local all", "before the user")]
    [InlineData("local", "before the database")]
    [InlineData("local all all", "before the authentication method")]
    [InlineData("host all all", "before the address")]
    [InlineData("host all all 1.2.3.4 md5", "no mask")]
    [InlineData("host all all 1.2.3.4", "needs a mask")]
    [InlineData("host all all 1.2.3.4/33 md5", "no network")]
    [InlineData("host all all 1.2.3.4/x md5", "no network")]
    [InlineData("host all all all md6", "\"md6\" is no authentication method")]
    [InlineData("host all all all md5 nonsense", "name=value")]
    [InlineData("host all \"all all md5", "column 10 is not closed")]
    [InlineData("local,host all all md5", "only one connection type")]
    public void What_the_server_would_refuse_is_refused_with_its_line(string line, string problem)
    {
        var failure = Assert.Throws<OperationException>(() => PgHba.Parse($"# one\n{line}", "pg_hba.conf", Fifteen));
        Assert.Contains("pg_hba.conf line 2", failure.Message, StringComparison.Ordinal);
        Assert.Contains(problem, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Random_text_is_kept_or_refused_and_nothing_else() =>
        Gen.Select(
            Gen.OneOf(Gen.Const("local all all "), Gen.Const("host all all "), Gen.Const("")).Array[0, 3],
            Gen.String[Gen.Char["al,\"#\\\n\r \t=/1:."], 0, 30]).Sample((starts, rest) =>
        {
            var text = string.Join("peer\n", starts) + rest;
            try
            {
                Assert.Equal(text, PgHba.Parse(text, "f", Fifteen).ToString());
            }
            catch (OperationException failure)
            {
                Assert.Equal(ErrorCodes.SettingsFileInvalid, failure.Code);
            }
        });

    [Fact]
    public void Any_word_reads_back_as_it_was_written() =>
        Gen.String[Gen.Char["ab,\"#\\ \t=@+"], 1, 12].Sample(name =>
        {
            var rule = $"local all {new HbaToken(name, IsQuoted: true)} peer";
            var token = PgHba.Parse(rule, "f", Fifteen).Records.Single().Users.Single();
            Assert.Equal(new HbaToken(name, IsQuoted: true), token);
        });
}
