namespace Howdah.Barman.Facts;

/// <summary>Finds the backup that a user means by an id, a name or one of Barman's shortcuts.</summary>
internal static class BackupSelection
{
    /// <summary>
    /// <c>latest</c>/<c>last</c>, <c>oldest</c>/<c>first</c>, <c>last-failed</c>, <c>latest-full</c>/<c>last-full</c>, an id, or
    /// the name given
    /// when the backup was taken (the newest of that name). Null where there is none.
    /// </summary>
    public static BackupFacts? Find(CatalogueFacts catalogue, string text) => text switch
    {
        "latest" or "last" or "latest-full" or "last-full" => catalogue.Available.LastOrDefault(),
        "oldest" or "first" => catalogue.Available.FirstOrDefault(),
        "last-failed" => catalogue.Backups.LastOrDefault(backup => backup.Status == BackupStatus.Failed),
        _ =>
            catalogue.Backups.FirstOrDefault(backup => backup.Id == text) ?? catalogue.Backups.LastOrDefault(backup => backup.Name == text),
    };
}
