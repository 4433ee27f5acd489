using Howdah.Integration.Tests.Fixtures;
using Howdah.Postgres.Settings;

namespace Howdah.Integration.Tests.Formats;

/// <summary>What our table says of the settings that we touch is what servers of each version say.</summary>
public sealed class LiveSettingTests
{
    [Theory]
    [MemberData(nameof(LiveFormatTests.Majors), MemberType = typeof(LiveFormatTests))]
    public async Task The_table_of_settings_is_right_of_each_version(int major)
    {
        await using var server = await TestServer.StartAsync(new TestServerOptions(major));
        var said = (await server.ScalarAsync(
            "select string_agg(name || '=' || case context when 'postmaster' then 'Restart' else 'Reload' end, ',') from pg_settings"))!
            .Split(',').Select(setting => setting.Split('='))
            .ToDictionary(setting => setting[0], setting => setting[1], StringComparer.Ordinal);
        foreach (var name in SettingCatalogue.All.Select(fact => fact.Name).Distinct())
        {
            var fact = SettingCatalogue.All.SingleOrDefault(row => row.Name == name && row.Since <= major && major <= row.Until);
            Assert.Equal($"{name} {said.GetValueOrDefault(name)}", $"{name} {fact?.Context}");
        }
    }
}
