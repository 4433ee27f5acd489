using System.Text;
using CsCheck;
using Howdah.Cluster.Trust;
using Howdah.Core.Errors;

namespace Howdah.Cluster.Tests.Trust;

public sealed class RevocationListTests : IDisposable
{
    private static readonly Gen<RevocationList> Lists = Gen
        .Select(Gen.Int[1, 12], Gen.Int[0, 3], Gen.Int[0, 5])
        .Array[0, 10]
        .Select(entries => entries.Aggregate(
            RevocationList.Empty,
            (list, entry) => list.Add(new RevokedCertificate(
                $"{entry.Item1:x}", $"host{entry.Item2}", TrustScene.Beginning.AddMinutes(entry.Item3)))));

    private readonly TrustScene _scene = new();

    public void Dispose() => _scene.Dispose();

    [Fact]
    public void Hosts_that_exchange_lists_in_any_order_end_with_the_same() => Gen.Select(Lists, Lists, Lists).Sample((a, b, c) =>
    {
        var merged = a.Merge(b).Merge(c);
        Assert.Equal(merged.Entries, c.Merge(a.Merge(b)).Entries);
        Assert.Equal(merged.Entries, b.Merge(c.Merge(a)).Entries);
        Assert.Equal(merged.Entries, merged.Merge(merged).Entries);
    }, iter: 500);

    [Fact]
    public void A_merged_list_holds_everything_that_was_revoked() => Gen.Select(Lists, Lists).Sample((a, b) =>
    {
        var merged = a.Merge(b);
        Assert.All(a.Entries.Concat(b.Entries), entry => Assert.True(merged.Find(entry.Serial)!.RevokedAt <= entry.RevokedAt));
    }, iter: 500);

    [Fact]
    public void A_list_comes_back_as_it_was_written() => Lists.Sample(
        list => Assert.Equal(list.Entries, RevocationList.Parse(list.ToJson(), "test").Entries), iter: 500);

    [Fact]
    public void A_serial_is_found_in_every_way_to_write_it()
    {
        var list = RevocationList.Empty.Add(Entry("00ABCDEF"));
        Assert.NotNull(list.Find("abcdef"));
        Assert.NotNull(list.Find("0ABCDEF"));
        Assert.Null(list.Find("abcdef0"));
    }

    [Fact]
    public void The_list_on_disk_only_grows()
    {
        RevocationList.Extend(_scene.Paths, RevocationList.Empty.Add(Entry("a1")));
        var held = RevocationList.Extend(_scene.Paths, RevocationList.Empty.Add(Entry("b2")));
        Assert.Equal(["a1", "b2"], held.Entries.Select(entry => entry.Serial));
        Assert.Equal(2, RevocationList.Extend(_scene.Paths, RevocationList.Empty).Count);
        Assert.Equal(held.Entries, RevocationList.Load(_scene.Paths).Entries);
        Assert.Equal("644", Convert.ToString((int)File.GetUnixFileMode(_scene.Paths.Revoked), 8));
    }

    [Fact]
    public void Nothing_is_lost_when_several_extend_it_at_once()
    {
        Parallel.For(
            0, 8, i => RevocationList.Extend(_scene.Paths, RevocationList.Empty.Add(Entry($"a{i}"))));
        Assert.Equal(8, RevocationList.Load(_scene.Paths).Count);
    }

    [Fact]
    public void Where_nothing_was_revoked_there_is_no_file() => Assert.Equal(0, RevocationList.Load(_scene.Paths).Count);

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"format":1}""")]
    [InlineData("""{"format":2,"revoked":[]}""")]
    [InlineData("""{"format":1,"revoked":null}""")]
    [InlineData("""{"format":1,"revoked":[null]}""")]
    [InlineData("""{"format":1,"revoked":[{"serial":"a1"}]}""")]
    [InlineData("""{"format":1,"revoked":[{"serial":null,"host":"x","revokedAt":"2026-11-23T09:00:00+00:00"}]}""")]
    [InlineData("""{"format":1,"revoked":[{"serial":"","host":"x","revokedAt":"2026-11-23T09:00:00+00:00"}]}""")]
    [InlineData("""{"format":1,"revoked":[{"serial":"0A","host":"x","revokedAt":"2026-11-23T09:00:00+00:00"}]}""")]
    [InlineData("""{"format":1,"revoked":[{"serial":"a1","host":"x y","revokedAt":"2026-11-23T09:00:00+00:00"}]}""")]
    [InlineData("""{"format":1,"revoked":[{"serial":"a1","host":"x","revokedAt":"yesterday"}]}""")]
    public void A_list_that_cannot_be_read_is_an_error_and_never_empty(string json)
    {
        File.WriteAllText(_scene.Paths.Revoked, json);
        TrustScene.Refused(ErrorCodes.TrustFileInvalid, () => RevocationList.Load(_scene.Paths));
        TrustScene.Refused(ErrorCodes.TrustFileInvalid, () => PeerValidator.Open(_scene.Paths));
        TrustScene.Refused(ErrorCodes.TrustFileInvalid, () => RevocationList.Extend(_scene.Paths, RevocationList.Empty.Add(Entry("a1"))));
    }

    [Fact]
    public void Damaged_lists_are_errors_and_nothing_else_happens()
    {
        var json = Enumerable.Range(1, 5).Aggregate(RevocationList.Empty, (list, i) => list.Add(Entry($"a{i}"))).ToJson();
        var random = new Random(7);
        for (var i = 0; i < 2000; i++)
        {
            var damaged = json[..random.Next(json.Length + 1)];
            if (damaged.Length > 0)
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            try
            {
                RevocationList.Parse(damaged, "test");
            }
            catch (OperationException exception)
            {
                Assert.Equal(ErrorCodes.TrustFileInvalid, exception.Code);
            }
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("xyz")]
    [InlineData("0123456789abcdef0123456789abcdef0123456789abcdef")]
    public void What_is_no_serial_cannot_be_revoked(string serial) =>
        TrustScene.Refused(ErrorCodes.UsageInvalid, () => RevocationList.Empty.Add(Entry(serial)));

    [Fact]
    public void The_list_has_a_bound()
    {
        var entries = Enumerable.Range(1, RevocationList.MaxEntries)
            .Select(i => $$"""{"serial":"{{i:x}}","host":"x","revokedAt":"2026-11-23T09:00:00+00:00"}""");
        var full = RevocationList.Parse(Encoding.UTF8.GetBytes($$"""{"format":1,"revoked":[{{string.Join(',', entries)}}]}"""), "test");
        Assert.Equal(RevocationList.MaxEntries, full.Add(Entry("1")).Count);
        TrustScene.Refused(ErrorCodes.TrustLimitReached, () => full.Add(Entry("abcdef")));
        Assert.Equal(full.Entries, RevocationList.Extend(_scene.Paths, full).Entries);
        Assert.Equal(full.Count, RevocationList.Load(_scene.Paths).Count);
    }

    private static RevokedCertificate Entry(string serial) => new(serial, "slave.local", TrustScene.Beginning);
}
