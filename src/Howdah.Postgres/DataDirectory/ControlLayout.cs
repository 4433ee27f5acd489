namespace Howdah.Postgres.DataDirectory;

/// <summary>
/// Offsets in pg_control that moved between versions (x86-64 and every other platform with 8-byte alignment;
/// PostgreSQL 11-18, src/include/catalog/pg_control.h; read from live files of every version).
/// </summary>
internal sealed record ControlLayout(
    int CheckpointTime,
    int MinimumRecoveryPoint,
    int WalLevel,
    bool HasMaxWalSenders,
    int BlockSize,
    int DataChecksumVersion,
    int Crc)
{
    public const int LongestCrcOffset = 292;

    private static readonly ControlLayout Version1100 = new(96, 128, 164, false, 208, 244, 280);

    // 12 put the oldest active xid's epoch into the checkpoint copy; all that follows moved by 8.
    private static readonly ControlLayout Version1201 = new(104, 136, 172, true, 216, 252, 288);

    // 18 put default_char_signedness before the nonce.
    private static readonly ControlLayout Version1800 = Version1201 with { Crc = 292 };

    /// <summary>The layout of a control file version; null where it is not known.</summary>
    public static ControlLayout? Of(int version) => version switch
    {
        1100 => Version1100,
        1201 or 1300 or 1700 => Version1201,
        1800 => Version1800,
        _ => null,
    };
}
