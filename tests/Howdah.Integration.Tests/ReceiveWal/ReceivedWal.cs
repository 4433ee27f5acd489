using Howdah.Core.Wal;
using Howdah.Integration.Tests.Fixtures;
using Howdah.Repository.Wal;

namespace Howdah.Integration.Tests.ReceiveWal;

/// <summary>Compares what was received with the server's own files.</summary>
internal static class ReceivedWal
{
    /// <summary>Every stored file that the server still has is equal to it, up to <paramref name="end"/>; returns how many were
    /// compared.</summary>
    public static async Task<int> CompareAsync(WalStore store, TestServer server, Lsn end)
    {
        var compared = 0;
        foreach (var path in Directory.EnumerateFiles(store.Directory))
        {
            var name = Path.GetFileName(path);
            var plain = name.EndsWith(".partial", StringComparison.Ordinal) ? name[..24] : name;
            var original = Path.Combine(server.DataDirectory, "pg_wal", plain);
            if (!WalSegment.TryParse(plain, store.SegmentSize, out var segment) || segment.Start >= end || !File.Exists(original))
                continue;
            var ours = await File.ReadAllBytesAsync(path, TestEnvironment.Stop);
            var theirs = await File.ReadAllBytesAsync(original, TestEnvironment.Stop);
            Assert.Equal(store.SegmentSize.Bytes, ours.Length);
            var length = (int)Math.Min((ulong)ours.Length, end - segment.Start);
            Assert.True(ours.AsSpan(0, length).SequenceEqual(theirs.AsSpan(0, length)), $"{name} differs from the server's");
            compared++;
        }

        return compared;
    }

    /// <summary>Writes several segments of a server with small ones.</summary>
    public static async Task WriteAsync(TestServer server, string table, int segments = 3)
    {
        await server.ExecuteAsync($"create table {table} (x int, y text)");
        for (var i = 0; i < segments; i++)
        {
            await server.ExecuteAsync($"insert into {table} select x, repeat(md5(x::text), 8) from generate_series(1, 2500) x");
            await server.ExecuteAsync("select pg_switch_wal()");
        }
    }
}
