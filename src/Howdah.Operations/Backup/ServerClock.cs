namespace Howdah.Operations.Backup;

/// <summary>
/// The server's clock, as far as it is ahead of ours. Commits carry the server's time; a snapshot that was stamped by a clock that is
/// behind would promise moments at which it was not whole yet.
/// </summary>
internal sealed class ServerClock(TimeProvider time)
{
    // Times in an archive are whole seconds, and what carries them has travelled.
    private static readonly TimeSpan Blur = TimeSpan.FromSeconds(2);

    private TimeSpan _ahead;

    /// <summary>Notes a time that the server has stamped just now: of backup_label, which it makes up while it sends it (PostgreSQL 11-18,
    /// basebackup.c, sendFileWithContent).</summary>
    public void Note(DateTimeOffset stamped)
    {
        // A clock that is behind ours cannot be told from a message that was long on its way, and a later time promises less.
        var ahead = stamped - time.GetUtcNow();
        _ahead = ahead > Blur ? ahead + TimeSpan.FromSeconds(1) : TimeSpan.Zero;
    }

    /// <summary>A time of ours as the server would have it, or a little later.</summary>
    public DateTimeOffset ToServer(DateTimeOffset ours) => ours + _ahead;
}
