using Howdah.Postgres.Settings;
using Howdah.Postgres.Versions;

namespace Howdah.Postgres.Tests.Settings;

public sealed class RecoveryConfTests
{
    private static readonly Dictionary<string, string> Settings = new()
    {
        ["primary_slot_name"] = "slave",
        ["primary_conninfo"] = "host=127.0.10.2 user='a b'",
    };

    [Fact]
    public void Up_to_11_everything_is_in_recovery_conf()
    {
        var recovery = RecoveryConf.Render(RecoveryKind.Standby, Settings, PostgresVersion.OfMajor(11));
        Assert.Equal(
            new RecoveryFile(
                "recovery.conf", "standby_mode = on\nprimary_conninfo = 'host=127.0.10.2 user=''a b'''\nprimary_slot_name = slave\n"),
            recovery.File);
        Assert.Empty(recovery.Settings);
    }

    [Theory]
    [InlineData(RecoveryKind.Standby, "standby.signal")]
    [InlineData(RecoveryKind.Restore, "recovery.signal")]
    public void From_12_a_signal_file_says_it_and_settings_stay_settings(RecoveryKind kind, string name)
    {
        var recovery = RecoveryConf.Render(kind, Settings, PostgresVersion.OfMajor(12));
        Assert.Equal(new RecoveryFile(name, string.Empty), recovery.File);
        Assert.Equal(Settings, recovery.Settings);
        Assert.DoesNotContain(name, RecoveryConf.FilesToRemove(kind, PostgresVersion.OfMajor(12)));
        Assert.Contains("recovery.conf", RecoveryConf.FilesToRemove(kind, PostgresVersion.OfMajor(12)));
        Assert.Contains(name, RecoveryConf.FilesToRemove(null, PostgresVersion.OfMajor(12)));
    }
}

public sealed class SettingCatalogueTests
{
    [Fact]
    public void Rows_of_one_name_do_not_overlap()
    {
        foreach (var rows in SettingCatalogue.All.GroupBy(fact => fact.Name))
        {
            for (var major = PostgresVersion.OldestMajor; major <= PostgresVersion.NewestMajor; major++)
                Assert.True(rows.Count(fact => fact.Since <= major && major <= fact.Until) <= 1, $"{rows.Key} in {major}");
        }
    }

    [Theory]
    [InlineData("wal_keep_segments", 12, true)]
    [InlineData("wal_keep_segments", 13, false)]
    [InlineData("wal_keep_size", 12, false)]
    [InlineData("max_slot_wal_keep_size", 13, true)]
    [InlineData("my.own", 11, true)]
    public void A_setting_exists_in_the_versions_that_have_it(string name, int major, bool exists) =>
        Assert.Equal(exists, SettingCatalogue.Exists(name, PostgresVersion.OfMajor(major)));

    [Fact]
    public void Five_settings_must_not_be_lower_on_a_standby() =>
        Assert.Equal(5, SettingCatalogue.StandbyMinimums(PostgresVersion.OfMajor(15)).Count());
}
