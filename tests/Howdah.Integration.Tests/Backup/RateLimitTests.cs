using Howdah.Core.Units;
using Howdah.Integration.Tests.Fixtures;
using Howdah.Integration.Tests.Restore;

namespace Howdah.Integration.Tests.Backup;

public sealed class RateLimitTests
{
    private static readonly ByteSize Limit = ByteSize.FromMiB(8);

    [Theory]
    [MemberData(nameof(SupportedMajors.Ends), MemberType = typeof(SupportedMajors))]
    public async Task A_backup_takes_as_long_as_its_rate_limit_wants(int major)
    {
        await using var scene = await RestoreScene.CreateAsync(major);
        var snapshot = await scene.BackupAsync(adapt: request => request with { RateLimit = Limit });
        var took = (snapshot.Record.StoppedAt - snapshot.Record.StartedAt).TotalSeconds;

        // The server pauses after each eighth of a second's bytes (basebackup_throttle.c), so the last part is free.
        var least = ((double)snapshot.Record.Bytes / Limit.Bytes) - 0.25;
        Assert.True(least > 1.5, $"{snapshot.Record.Bytes} bytes are too few to tell");
        Assert.InRange(took, least, 2 * least);
    }
}
