using System.Security.Cryptography;
using Howdah.Cluster.Trust;
using Howdah.Core.Errors;

namespace Howdah.Cluster.Tests.Trust;

public sealed class HostKeyPairTests : IDisposable
{
    private readonly TrustScene _scene = new();

    public void Dispose() => _scene.Dispose();

    [Fact]
    public void A_host_gets_its_first_pair_in_one_file_that_openssl_takes_for_both()
    {
        var paths = _scene.Joined(TrustScene.Slave);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(paths.HostKey));
        Assert.False(File.Exists(paths.PendingKey));
        using var pair = HostKeyPair.Load(paths);
        Assert.True(pair.HasPrivateKey);
        Assert.Equal(
            TrustScene.OpenSsl("x509", "-in", paths.HostCertificate, "-noout", "-pubkey"),
            TrustScene.OpenSsl("pkey", "-in", paths.HostKey, "-pubout"));
    }

    [Fact]
    public void The_pending_key_is_secret_and_stays_until_its_certificate_comes()
    {
        var paths = _scene.Host("slave.local");
        HostKeyPair.CreateRequest(paths, "slave.local");
        var key = File.ReadAllText(paths.PendingKey);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(paths.PendingKey));
        HostKeyPair.CreateRequest(paths, "slave.local");
        Assert.Equal(key, File.ReadAllText(paths.PendingKey));
    }

    [Fact]
    public void Rotation_changes_key_and_certificate()
    {
        var paths = _scene.Joined(TrustScene.Slave);
        using var old = HostKeyPair.Load(paths);
        Renew(paths);
        using var rotated = HostKeyPair.Load(paths);
        Assert.NotEqual(old.PublicKey.ExportSubjectPublicKeyInfo(), rotated.PublicKey.ExportSubjectPublicKeyInfo());
        Assert.NotEqual(old.SerialNumber, rotated.SerialNumber);
    }

    public static TheoryData<string, bool> KilledAt { get; } = new()
    {
        { "before the pending key", false },
        { "while the pending key was written", false },
        { "after the pending key", false },
        { "while the pair was written", false },
        { "after the pair was put in place", true },
        { "after the pending key was removed", true },
    };

    [Theory]
    [MemberData(nameof(KilledAt))]
    public void Rotation_killed_at_any_moment_leaves_a_usable_pair_and_goes_on(string moment, bool isRotated)
    {
        var paths = _scene.Joined(TrustScene.Slave);
        using var before = HostKeyPair.Load(paths);
        string? certificate = null;
        string? pending = null;
        if (moment != "before the pending key" && moment != "while the pending key was written")
        {
            certificate = Sign(HostKeyPair.CreateRequest(paths, "slave.local"));
            pending = File.ReadAllText(paths.PendingKey);
        }

        // AtomicFile was killed before its rename: part of a temporary file.
        if (moment == "while the pending key was written")
            File.WriteAllText(Path.Combine(paths.Directory, ".host.key.new.0123456789AB.tmp"), "-----BEGIN PRIV");
        if (moment == "while the pair was written")
            File.WriteAllText(Path.Combine(paths.Directory, ".host.pem.0123456789AB.tmp"), certificate![..100]);
        if (isRotated)
            HostKeyPair.Install(paths, certificate!, _scene.Clock);
        if (moment == "after the pair was put in place")
            File.WriteAllText(paths.PendingKey, pending);

        AssertUsable(paths);
        using var seen = HostKeyPair.Load(paths);
        Assert.Equal(isRotated, seen.SerialNumber != before.SerialNumber);
        if (certificate is not null)
        {
            // Whoever was killed tries its last call again.
            HostKeyPair.Install(paths, certificate, _scene.Clock);
            AssertUsable(paths);
            Assert.False(File.Exists(paths.PendingKey));
        }

        if (moment == "after the pair was put in place")
            File.WriteAllText(paths.PendingKey, pending);
        using var rotated = HostKeyPair.Load(paths);
        Renew(paths);
        using var again = HostKeyPair.Load(paths);
        Assert.NotEqual(rotated.PublicKey.ExportSubjectPublicKeyInfo(), again.PublicKey.ExportSubjectPublicKeyInfo());
        Assert.False(File.Exists(paths.PendingKey));
    }

    [Fact]
    public async Task Whoever_reads_while_pairs_are_exchanged_sees_pairs()
    {
        var paths = _scene.Joined(TrustScene.Slave);
        using var done = new CancellationTokenSource();
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var reader = Task.Run(() =>
        {
            while (!done.IsCancellationRequested)
            {
                HostKeyPair.Load(paths).Dispose();
                begun.TrySetResult();
            }
        });
        // One that fails at once is told by the last line.
        await Task.WhenAny(begun.Task, reader);
        for (var i = 0; i < 20; i++)
            Renew(paths);
        await done.CancelAsync();
        await reader;
    }

    [Fact]
    public void A_certificate_for_another_key_is_not_installed()
    {
        var paths = _scene.Joined(TrustScene.Slave);
        var before = File.ReadAllText(paths.HostPair);
        HostKeyPair.CreateRequest(paths, "slave.local");
        Assert.Contains("another key", Refuse(paths, Sign(HostKeyPair.CreateRequest(_scene.Host("other"), "slave.local"))));
        Assert.Contains("no certificate in PEM", Refuse(paths, "hello"));
        Assert.Contains("no certificate in PEM", Refuse(paths, "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"));
        Assert.Equal(before, File.ReadAllText(paths.HostPair));
        Assert.True(File.Exists(paths.PendingKey));
    }

    [Fact]
    public void A_certificate_that_nobody_asked_for_is_not_installed()
    {
        var paths = _scene.Joined(TrustScene.Slave);
        Assert.Contains("asked for", Refuse(paths, Sign(HostKeyPair.CreateRequest(_scene.Host("other"), "slave.local"))));
    }

    [Fact]
    public void A_certificate_that_peers_would_not_accept_is_not_installed()
    {
        var paths = _scene.Joined(TrustScene.Slave);
        using var stranger = new TrustScene();
        var request = HostKeyPair.CreateRequest(paths, "slave.local");
        Assert.Contains(
            "not signed by this cluster's CA", Refuse(paths, stranger.Authority.Sign(request, TrustScene.Slave, _scene.Clock)));
        var certificate = Sign(request);
        _scene.Clock.AdjustTime(TrustScene.Beginning.AddHours(-1));
        Assert.Contains("do the clocks differ?", Refuse(paths, certificate));
    }

    [Fact]
    public void A_host_that_did_not_join_is_told_so()
    {
        TrustScene.Refused(ErrorCodes.AuthorityMissing, () => HostKeyPair.Load(_scene.Host("stranger")));
        var paths = _scene.Host("new");
        var certificate = Sign(HostKeyPair.CreateRequest(paths, "slave.local"));
        TrustScene.Refused(ErrorCodes.AuthorityMissing, () => HostKeyPair.Install(paths, certificate, _scene.Clock));
    }

    [Fact]
    public void A_damaged_pair_is_named_and_not_quoted()
    {
        var paths = _scene.Joined(TrustScene.Slave);
        var text = File.ReadAllText(paths.HostPair);
        var secret = text.Split("PRIVATE KEY-----\n")[1].Split('\n')[0];
        foreach (var damaged in new[] { "", text[..(text.Length / 2)], text.Replace(secret[..20], new string('A', 20)) })
        {
            File.WriteAllText(paths.HostPair, damaged);
            var exception = TrustScene.Refused(ErrorCodes.TrustFileInvalid, () => HostKeyPair.Load(paths));
            Assert.Contains("host.pem", exception.Message);
            Assert.DoesNotContain(secret[20..40], exception.ToString());
        }
    }

    [Fact]
    public void Damaged_certificates_are_refused_and_nothing_else_happens()
    {
        var paths = _scene.Joined(TrustScene.Slave);
        var before = File.ReadAllText(paths.HostPair);
        var pem = Sign(HostKeyPair.CreateRequest(paths, "slave.local"));
        var der = Convert.FromBase64String(pem[PemEncoding.Find(pem).Base64Data]);
        var random = new Random(7);
        for (var i = 0; i < 500; i++)
        {
            var damaged = der[..random.Next(i % 4 == 0 ? 1 : der.Length, der.Length + 1)];
            damaged[random.Next(damaged.Length)] ^= (byte)random.Next(1, 256);
            Refuse(paths, PemEncoding.WriteString("CERTIFICATE", damaged));
        }

        Assert.Equal(before, File.ReadAllText(paths.HostPair));
    }

    private string Sign(string request) => _scene.Authority.Sign(request, TrustScene.Slave, _scene.Clock);

    private void Renew(TrustPaths paths) =>
        HostKeyPair.Install(paths, Sign(HostKeyPair.CreateRequest(paths, "slave.local")), _scene.Clock);

    private string Refuse(TrustPaths paths, string pem) => TrustScene.Refused(
        ErrorCodes.CertificateRefused, () => HostKeyPair.Install(paths, pem, _scene.Clock)).Message;

    private void AssertUsable(TrustPaths paths)
    {
        using var pair = HostKeyPair.Load(paths);
        using var validator = PeerValidator.Open(paths);
        Assert.Equal("slave.local", validator.Check(pair, "slave.local", _scene.Clock).HostName);
    }
}
