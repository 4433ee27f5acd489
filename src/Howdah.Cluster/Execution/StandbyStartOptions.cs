using System.Globalization;
using Howdah.Cluster.Observation;
using Howdah.Postgres.Server;
using Howdah.Postgres.Settings;

namespace Howdah.Cluster.Execution;

/// <summary>
/// A standby that was down while limits were lowered has WAL before it that was written with the higher ones, and refuses to start with
/// less (PostgreSQL 11-18, xlogrecovery.c, CheckRequiredParameterValues). For this one start it gets what that WAL needs.
/// </summary>
internal static class StandbyStartOptions
{
    /// <returns>Arguments for the server; none where its configuration suffices, or where it is no standby.</returns>
    public static async Task<IReadOnlyList<string>> FindAsync(
        PostgresInstallation installation, string dataDirectory, CancellationToken cancellationToken)
    {
        if (!DataDirectoryFiles.HasStandbyMarker(dataDirectory, installation.Version))
            return [];
        var options = new List<string>();
        var replayed = StandbyLimits.Replayed(DataDirectoryFiles.FindControl(dataDirectory));
        foreach (var name in SettingCatalogue.StandbyMinimums(installation.Version).Select(fact => fact.Name).Where(replayed.ContainsKey))
        {
            var configured = await ConfigurationProbe.ReadAsync(installation, dataDirectory, null, name, cancellationToken);
            if (long.Parse(configured, CultureInfo.InvariantCulture) < replayed[name])
                options.AddRange(["-c", string.Create(CultureInfo.InvariantCulture, $"{name}={replayed[name]}")]);
        }

        return options;
    }
}
