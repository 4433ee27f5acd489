using Howdah.Barman.Facts;
using Howdah.Core.Wal;
using Howdah.Postgres.Versions;

namespace Howdah.Cluster.Tests.Barman;

/// <summary>The reference lab in good health; tests break one thing at a time.</summary>
internal static class LabFacts
{
    public const string Name = "master.local";

    public static readonly DateTimeOffset Now = new(2026, 11, 23, 0, 36, 20, TimeSpan.Zero);

    public static readonly SystemIdentifier System = new(7711277877459187802);

    public static readonly ServerPolicy Policy = new(Name) { Description = "Lab master.local", SlotName = "barman" };

    public static ServerFacts Healthy => new()
    {
        Policy = Policy,
        Now = Now,
        Postgres = Observed<PostgresFacts>.Of(new PostgresFacts(new PostgresVersion(150018))
        {
            HasBackupPrivileges = true,
            WalLevel = "replica",
            CurrentSegment = "000000010000000000000005",
            CurrentSize = 23_173_530,
            DataDirectory = "/var/lib/postgresql/15/main",
            SystemIdentifier = System,
        }),
        Streaming = Observed<StreamingFacts>.Of(new StreamingFacts(System)),
        Slot = Observed<SlotFacts>.Of(new SlotFacts { Exists = true, IsActive = true, HasRestartLsn = true }),
        Receiver = Observed<ReceiverFacts>.Of(new ReceiverFacts { IsStreaming = true }),
        Catalogue = Observed<CatalogueFacts>.Of(EmptyCatalogue),
    };

    public static CatalogueFacts EmptyCatalogue => new() { HasCompleteSegment = true, Systems = [System], Directory = "/repo" };

    public static ServerFacts PostgresDown => Healthy with
    {
        Postgres = Observed<PostgresFacts>.Unknown("connection refused by 127.0.10.2:5432"),
        Streaming = Observed<StreamingFacts>.Unknown("connection refused by 127.0.10.2:5432"),
        Slot = Observed<SlotFacts>.Unknown("PostgreSQL cannot be reached"),
        Receiver = Observed<ReceiverFacts>.Of(new ReceiverFacts { Problem = "not connected to the primary for 12 seconds" }),
    };

    public static CatalogueFacts TwoBackups => EmptyCatalogue with
    {
        Backups = [Oldest, Newest],
        WalBytesSinceLastBackup = 0,
    };

    public static BackupFacts Oldest => Finished("20261123T081900", "0/6000028", "0/7000000", Now.AddMinutes(-12)) with
    {
        HasChecksums = null,
        ClusterSize = null,
    };

    public static BackupFacts Newest => Finished("20261123T081901", "0/8000028", "0/9000000", Now.AddMinutes(-9).AddSeconds(-52)) with
    {
        Name = "nightly",
        HasChecksums = true,
        ClusterSize = 23_173_530,
    };

    public static BackupFacts Failed => new("20261123T082106", BackupStatus.Failed) { System = System, Error = "the connection broke" };

    public static CatalogueFacts With(params BackupFacts[] backups) => EmptyCatalogue with { Backups = backups };

    private static BackupFacts Finished(string id, string begin, string end, DateTimeOffset endTime) => new(id, BackupStatus.Done)
    {
        System = System,
        Version = new PostgresVersion(150018),
        DataDirectory = "/var/lib/postgresql/15/main",
        Copy = new BackupCopyFacts(Lsn.Parse(begin), Lsn.Parse(end), TimelineId.First, WalSegmentSize.Default)
        {
            BeginTime = endTime.AddMicroseconds(-546_435),
            EndTime = endTime,
            CopyTime = TimeSpan.FromSeconds(0.536185),
            Size = 23_203_999,
            WalAfter =
                new WalAfterBackup { Files = 2, Bytes = 33_554_432, FilesPerSecond = 2.0769, LastAvailable = "000000010000000000000008" },
        },
    };
}
