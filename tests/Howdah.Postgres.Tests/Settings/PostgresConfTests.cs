using CsCheck;
using Howdah.Core.Errors;
using Howdah.Postgres.Settings;

namespace Howdah.Postgres.Tests.Settings;

public sealed class PostgresConfTests
{
    private const string Sample = """
        # Main settings
        listen_addresses = '*'          # what IP address(es) to listen on;
        port 5433
        #max_connections = 100			# (change requires restart)
        log_line_prefix = '%m [%p] ''q'' \t'
        Work_Mem=64MB
        plpgsql.extra_warnings = 'all'
        include_dir 'conf.d'
        include_if_exists = 'extra.conf'

        port = 5434
        random_page_cost = 1.1
        bgwriter_delay = -1
        permissions = 0x1FF
        path = var/run
        """;

    [Fact]
    public void What_is_not_changed_comes_out_byte_for_byte() => Assert.Equal(Sample, PostgresConf.Parse(Sample, "f").ToString());

    [Theory]
    [InlineData("port", "5434")]
    [InlineData("PORT", "5434")]
    [InlineData("listen_addresses", "*")]
    [InlineData("log_line_prefix", "%m [%p] 'q' \t")]
    [InlineData("work_mem", "64MB")]
    [InlineData("plpgsql.extra_warnings", "all")]
    [InlineData("max_connections", null)]
    [InlineData("random_page_cost", "1.1")]
    [InlineData("bgwriter_delay", "-1")]
    [InlineData("permissions", "0x1FF")]
    [InlineData("include_dir", null)]
    public void The_last_value_of_a_name_in_any_case_counts(string name, string? expected) =>
        Assert.Equal(expected, PostgresConf.Parse(Sample, "f").Get(name));

    [Fact]
    public void Includes_keep_their_kind_path_and_line()
    {
        var includes = PostgresConf.Parse(Sample, "f").Includes.ToList();
        Assert.Equal(
            [new ConfInclude(ConfIncludeKind.Directory, "conf.d", 8), new ConfInclude(ConfIncludeKind.FileIfExists, "extra.conf", 9)],
            includes);
    }

    [Fact]
    public void A_changed_value_keeps_its_place_and_comment()
    {
        var conf = PostgresConf.Parse("a = 1 # first\nb='x'   # why\nc = 3", "f").Set("B", "it's");
        Assert.Equal("a = 1 # first\nb='it''s'   # why\nc = 3", conf.ToString());
    }

    [Fact]
    public void A_new_value_goes_after_its_commented_out_line_and_else_to_the_end()
    {
        var conf = PostgresConf.Parse("#port = 5432 # default\nx = 1\n", "f").Set("port", "5444", "ours").Set("y", "a b");
        Assert.Equal("#port = 5432 # default\nport = 5444  # ours\nx = 1\ny = 'a b'\n", conf.ToString());
    }

    [Fact]
    public void A_value_that_an_include_could_overrule_is_added_after_the_include()
    {
        var conf = PostgresConf.Parse("port = 1\ninclude 'more.conf'\n", "f").Set("port", "2");
        Assert.Equal("port = 1\ninclude 'more.conf'\nport = 2\n", conf.ToString());
    }

    [Fact]
    public void Setting_what_is_set_changes_nothing()
    {
        var conf = PostgresConf.Parse("port   5432", "f");
        Assert.Same(conf, conf.Set("port", "5432"));
        Assert.Equal("port   5432", conf.Include(ConfIncludeKind.File, "x").Remove("nothing").ToString().Split('\n')[0]);
        Assert.Single(conf.Include(ConfIncludeKind.File, "x").Include(ConfIncludeKind.File, "x").Includes);
    }

    [Fact]
    public void Removing_takes_every_line_of_the_name() =>
        Assert.Equal("b = 1\n", PostgresConf.Parse("a = 1\nb = 1\nA = 2\n", "f").Remove("a").ToString());

    [Theory]
    [InlineData("port =", "column 7")]
    [InlineData("ok = 1\nport = 'open", "line 2, column 8")]
    [InlineData("= 5", "column 1")]
    [InlineData("5 = 5", "column 1")]
    [InlineData("a = 1 2", "column 7")]
    [InlineData("a = b.c", "column 5")]
    [InlineData("a = $", "column 5")]
    [InlineData("a == 1", "column 4")]
    [InlineData("a.b.c = 1", "column 1")]
    [InlineData("a = 'x\\'", "column 5")]
    [InlineData("include", "column 8")]
    public void What_the_server_would_refuse_is_refused_with_its_place(string text, string place)
    {
        var failure = Assert.Throws<OperationException>(() => PostgresConf.Parse(text, "postgresql.conf"));
        Assert.Equal(ErrorCodes.SettingsFileInvalid, failure.Code);
        Assert.StartsWith("postgresql.conf line ", failure.Message, StringComparison.Ordinal);
        Assert.Contains(place, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Any_value_reads_back_as_it_was_written() =>
        Gen.String.Where(value => !value.Contains('\0', StringComparison.Ordinal)).Sample(value =>
        {
            var text = PostgresConf.Empty.Set("a", "old", "why").Set("a", value).ToString();
            Assert.Equal(value, PostgresConf.Parse(text, "f").Get("a"));
            Assert.Single(text.TrimEnd('\n').Split('\n'));
        });

    [Fact]
    public void Random_text_is_kept_or_refused_and_nothing_else() =>
        Gen.String[Gen.Char["ab_.'\\#=0x9.-+eE\n\r\t \"$é"], 0, 40].Sample(text =>
        {
            try
            {
                Assert.Equal(text, PostgresConf.Parse(text, "f").ToString());
            }
            catch (OperationException failure)
            {
                Assert.Equal(ErrorCodes.SettingsFileInvalid, failure.Code);
            }
        });

    [Theory]
    [InlineData(@"'\101\102'", "AB")]
    [InlineData(@"'\n\r\t\b\f'", "\n\r\t\b\f")]
    [InlineData(@"'\q'", "q")]
    [InlineData(@"'\1'", "\u0001")]
    [InlineData("''''", "'")]
    [InlineData("''", "")]
    [InlineData("a/b:c-d", "a/b:c-d")]
    [InlineData("10MB", "10MB")]
    [InlineData("-1.5e3", "-1.5e3")]
    public void Values_mean_what_the_server_takes_them_for(string written, string meant) =>
        Assert.Equal(meant, PostgresConf.Parse($"a = {written} # x", "f").Get("a"));
}
