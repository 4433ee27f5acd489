using Howdah.Core.Errors;
using Howdah.Core.Units;
using Howdah.Core.Wal;
using Howdah.Postgres.Replication;
using Howdah.Postgres.Versions;

namespace Howdah.Postgres.Tests.Replication;

public sealed class ReplicationCommandTests
{
    [Fact]
    public void Slot_names_are_always_quoted()
    {
        Assert.Equal("CREATE_REPLICATION_SLOT \"1a\" PHYSICAL RESERVE_WAL", ReplicationCommand.CreateSlot("1a", new SlotOptions()));
        Assert.Equal(
            "CREATE_REPLICATION_SLOT \"a\"\"b\" TEMPORARY PHYSICAL", ReplicationCommand.CreateSlot("a\"b", new SlotOptions(false, true)));
        Assert.Equal(
            "START_REPLICATION SLOT \"s\" PHYSICAL 1/2A TIMELINE 10",
            ReplicationCommand.Start(new StartReplication(Lsn.Parse("1/2A"), new TimelineId(10), "s")));
        Assert.Equal(
            "START_REPLICATION PHYSICAL 0/1 TIMELINE 1", ReplicationCommand.Start(new StartReplication(new Lsn(1), TimelineId.First)));
    }

    [Theory]
    [InlineData(12, "BASE_BACKUP LABEL 'it''s' NOWAIT FAST PROGRESS TABLESPACE_MAP MAX_RATE 32")]
    [InlineData(14, "BASE_BACKUP LABEL 'it''s' NOWAIT FAST PROGRESS TABLESPACE_MAP MAX_RATE 32 MANIFEST 'yes' MANIFEST_CHECKSUMS 'CRC32C'")]
    [
        InlineData(
            15,
            "BASE_BACKUP (LABEL 'it''s', CHECKPOINT 'fast', WAIT false, VERIFY_CHECKSUMS true, PROGRESS true, TABLESPACE_MAP true, "
            + "MAX_RATE 32, MANIFEST 'yes', MANIFEST_CHECKSUMS 'CRC32C')")
    ]
    public void Base_backup_follows_the_versions_grammar(int major, string expected) =>
        Assert.Equal(
            expected,
            ReplicationCommand.BaseBackup(new BaseBackupOptions { Label = "it's", MaxRate = new ByteSize(1) }, VersionFacts.Of(major)));

    [Fact]
    public void A_label_that_would_break_backup_label_is_refused() =>
        Assert.Throws<OperationException>(
            () => ReplicationCommand.BaseBackup(new BaseBackupOptions { Label = "a\nb" }, VersionFacts.Of(15)));
}
