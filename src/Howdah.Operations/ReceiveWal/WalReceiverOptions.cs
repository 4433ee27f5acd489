using Howdah.Core.Wal;
using Howdah.Postgres.ConnectionStrings;

namespace Howdah.Operations.ReceiveWal;

/// <summary>From where and how WAL is received.</summary>
public sealed record WalReceiverOptions
{
    /// <summary>The server or servers; the application name is taken from <see cref="ApplicationName"/>.</summary>
    public required ConnectionSettings Connection { get; init; }

    /// <summary>Our physical slot; null receives without one, and WAL may then be gone when it is wanted.</summary>
    public required string? Slot { get; init; }

    /// <summary>Creates the slot, with WAL reserved, where it is missing, and replaces one that the server has invalidated.</summary>
    public bool CreateSlot { get; init; } = true;

    /// <summary>Shown in pg_stat_replication and matched against <c>synchronous_standby_names</c>.</summary>
    public string ApplicationName { get; init; } = "barman_receive_wal";

    /// <summary>Refuses any other system; null takes the store's word for it.</summary>
    public SystemIdentifier? ExpectedSystem { get; init; }

    /// <summary>Where to begin when the store is empty; rounded down to a segment. Null: where the slot keeps WAL, or at the server's
    /// position.</summary>
    public Lsn? InitialStart { get; init; }

    /// <summary>
    /// A status is sent at least this often, and the server asked whether it has more: so fresh is what the repository knows of an idle
    /// server. A hundred bytes each way.
    /// </summary>
    public TimeSpan StatusInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>After half of it in silence the server is asked for a sign of life, after all of it the connection is given up
    /// (wal_receiver_timeout: 60 s).</summary>
    public TimeSpan ServerTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Pause after the second failed attempt to connect; doubles up to <see cref="LongestPause"/>. The first retry is
    /// immediate.</summary>
    public TimeSpan ShortestPause { get; init; } = TimeSpan.FromMilliseconds(10);

    public TimeSpan LongestPause { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The longest pause while the server is only away: commits may wait for us when it is there again.</summary>
    public TimeSpan LongestPauseOfOutage { get; init; } = TimeSpan.FromSeconds(1);
}
