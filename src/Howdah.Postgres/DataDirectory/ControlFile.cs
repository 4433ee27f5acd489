using System.Buffers.Binary;
using Howdah.Core.Errors;
using Howdah.Core.Wal;

namespace Howdah.Postgres.DataDirectory;

/// <summary>What a server was doing when it last wrote pg_control (src/include/catalog/pg_control.h, DBState; the numbers are its
/// own).</summary>
public enum ClusterState
{
    StartingUp = 0,
    ShutDown = 1,
    ShutDownInRecovery = 2,
    ShuttingDown = 3,
    InCrashRecovery = 4,
    InArchiveRecovery = 5,
    InProduction = 6,
}

/// <summary>What <c>global/pg_control</c> says about a data directory (PostgreSQL 11-18).</summary>
/// <remarks>
/// Layouts: control versions 1100 (11), 1201 (12), 1300 (13-16), 1700 (17), 1800 (18); src/include/catalog/pg_control.h.
/// An unknown version is refused: the fields behind it may have moved. A file read from a running server may be torn; its
/// checksum then fails and reading it again helps.
/// </remarks>
public sealed record ControlFile
{
    /// <summary>Where the file is in a data directory.</summary>
    public const string RelativePath = "global/pg_control";

    /// <summary>The file's size; only the first 296 bytes or fewer are used.</summary>
    public const int FileBytes = 8192;

    public required SystemIdentifier System { get; init; }

    /// <summary>Version of the layout, for example 1300.</summary>
    public required int ControlVersion { get; init; }

    public required uint CatalogVersion { get; init; }

    public required ClusterState State { get; init; }

    /// <summary>When the file was written, to the second.</summary>
    public required DateTimeOffset WrittenAt { get; init; }

    /// <summary>Where the latest checkpoint record starts.</summary>
    public required Lsn Checkpoint { get; init; }

    /// <summary>Where replay from the latest checkpoint starts.</summary>
    public required Lsn CheckpointRedo { get; init; }

    /// <summary>Timeline of the latest checkpoint.</summary>
    public required TimelineId CheckpointTimeline { get; init; }

    public required DateTimeOffset CheckpointTime { get; init; }

    /// <summary>Replay must reach this before the data is consistent; <see cref="Lsn.None"/> outside recovery.</summary>
    public required Lsn MinimumRecoveryPoint { get; init; }

    /// <summary>Timeline of <see cref="MinimumRecoveryPoint"/>; 0 outside recovery.</summary>
    public required TimelineId MinimumRecoveryTimeline { get; init; }

    /// <summary>Where replay of a base backup began, while its end has not been reached.</summary>
    public required Lsn BackupStart { get; init; }

    public required bool BackupEndRequired { get; init; }

    /// <summary>0 minimal, 1 replica, 2 logical.</summary>
    public required int WalLevel { get; init; }

    public required int MaxConnections { get; init; }

    public required int MaxWorkerProcesses { get; init; }

    /// <summary>0 where the layout has no such field (11).</summary>
    public required int MaxWalSenders { get; init; }

    public required int MaxPreparedTransactions { get; init; }

    public required int MaxLocksPerTransaction { get; init; }

    public required WalSegmentSize WalSegmentSize { get; init; }

    /// <summary>0: pages carry no checksums; 1: they do.</summary>
    public required uint DataChecksumVersion { get; init; }

    public bool HasDataChecksums => DataChecksumVersion != 0;

    /// <summary>Reads the bytes of the file.</summary>
    /// <exception cref="OperationException">
    /// <see cref="ErrorCodes.FileFormatInvalid"/>: too short, unknown version, wrong checksum, or built with sizes that are not supported.
    /// </exception>
    public static ControlFile Parse(ReadOnlySpan<byte> content)
    {
        if (content.Length < ControlLayout.LongestCrcOffset + sizeof(uint))
            throw Malformed($"the file has {content.Length} bytes, expected {FileBytes}");
        var version = ReadInt(content, 8);
        if (ControlLayout.Of(version) is not { } layout)
            throw Malformed($"unknown control file version {version} at offset 8", "this Howdah knows PostgreSQL 11 to 18");
        var stored = BinaryPrimitives.ReadUInt32LittleEndian(content[layout.Crc..]);
        var computed = Crc32C.Compute(content[..layout.Crc]);
        if (stored != computed)
            throw Malformed(
                $"checksum at offset {layout.Crc} is {stored:X8}, the content gives {computed:X8}",
                "a file of a running server may be torn: read it again");
        RequireKnownSizes(content, layout);
        return Read(content, layout, version);
    }

    private static ControlFile Read(ReadOnlySpan<byte> content, ControlLayout layout, int version) => new()
    {
        System = new SystemIdentifier(BinaryPrimitives.ReadUInt64LittleEndian(content)),
        ControlVersion = version,
        CatalogVersion = BinaryPrimitives.ReadUInt32LittleEndian(content[12..]),
        State = ReadState(content),
        WrittenAt = ReadTime(content, 24),
        Checkpoint = ReadLsn(content, 32),
        CheckpointRedo = ReadLsn(content, 40),
        CheckpointTimeline = new TimelineId(BinaryPrimitives.ReadUInt32LittleEndian(content[48..])),
        CheckpointTime = ReadTime(content, layout.CheckpointTime),
        MinimumRecoveryPoint = ReadLsn(content, layout.MinimumRecoveryPoint),
        MinimumRecoveryTimeline = new TimelineId(BinaryPrimitives.ReadUInt32LittleEndian(content[(layout.MinimumRecoveryPoint + 8)..])),
        BackupStart = ReadLsn(content, layout.MinimumRecoveryPoint + 16),
        BackupEndRequired = content[layout.MinimumRecoveryPoint + 32] != 0,
        WalLevel = ReadInt(content, layout.WalLevel),
        MaxConnections = ReadInt(content, layout.WalLevel + 8),
        MaxWorkerProcesses = ReadInt(content, layout.WalLevel + 12),
        MaxWalSenders = layout.HasMaxWalSenders ? ReadInt(content, layout.WalLevel + 16) : 0,
        MaxPreparedTransactions = ReadInt(content, layout.WalLevel + (layout.HasMaxWalSenders ? 20 : 16)),
        MaxLocksPerTransaction = ReadInt(content, layout.WalLevel + (layout.HasMaxWalSenders ? 24 : 20)),
        WalSegmentSize = new WalSegmentSize(ReadInt(content, layout.BlockSize + 12)),
        DataChecksumVersion = BinaryPrimitives.ReadUInt32LittleEndian(content[layout.DataChecksumVersion..]),
    };

    private static void RequireKnownSizes(ReadOnlySpan<byte> content, ControlLayout layout)
    {
        RequireSize(content, layout.BlockSize, PageHeader.PageBytes, "block size");
        RequireSize(content, layout.BlockSize + 4, PageHeader.BlocksPerSegment, "blocks per relation segment");
        RequireSize(content, layout.BlockSize + 8, Wal.WalPageHeader.PageBytes, "WAL block size");
        var segment = ReadInt(content, layout.BlockSize + 12);
        if (!WalSegmentSize.IsValid(segment))
            throw Malformed($"WAL segment size {segment} at offset {layout.BlockSize + 12} is not a power of two from 1 MiB to 1 GiB");
    }

    private static void RequireSize(ReadOnlySpan<byte> content, int offset, int expected, string what)
    {
        var value = ReadInt(content, offset);
        if (value != expected)
            throw Malformed(
                $"{what} at offset {offset} is {value}, supported is {expected}",
                "PostgreSQL was built with sizes that Howdah does not support");
    }

    private static ClusterState ReadState(ReadOnlySpan<byte> content)
    {
        var state = ReadInt(content, 16);
        return state is >= (int)ClusterState.StartingUp and <= (int)ClusterState.InProduction
            ? (ClusterState)state
            : throw Malformed($"unknown state {state} at offset 16");
    }

    private static int ReadInt(ReadOnlySpan<byte> content, int offset) => BinaryPrimitives.ReadInt32LittleEndian(content[offset..]);

    private static Lsn ReadLsn(ReadOnlySpan<byte> content, int offset) => new(BinaryPrimitives.ReadUInt64LittleEndian(content[offset..]));

    private static DateTimeOffset ReadTime(ReadOnlySpan<byte> content, int offset)
    {
        var seconds = BinaryPrimitives.ReadInt64LittleEndian(content[offset..]);
        return seconds >= 0 && seconds <= DateTimeOffset.MaxValue.ToUnixTimeSeconds()
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : throw Malformed($"time {seconds} at offset {offset} is out of range");
    }

    private static OperationException Malformed(string what, string? hint = null) =>
        new(ErrorCodes.FileFormatInvalid, $"cannot read pg_control: {what}", hint);
}
