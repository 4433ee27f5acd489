using Howdah.Cluster.Trust;
using Howdah.Core.Errors;

namespace Howdah.Cluster.Tests.Trust;

public sealed class IssuedCertificatesTests : IDisposable
{
    private static readonly HostIdentity Backup = new("backup.local", ["10.0.10.4"]);

    private readonly TrustScene _scene = new();

    public void Dispose() => _scene.Dispose();

    [Fact]
    public void What_was_signed_is_recorded_by_host_and_kept_from_others()
    {
        var first = Issue(TrustScene.Slave);
        var second = Issue(TrustScene.Slave);
        Issue(Backup);

        var found = Record().FindUnexpired("slave.local", _scene.Clock);

        Assert.Equal([Serial(first), Serial(second)], found.Select(issued => issued.Serial));
        Assert.Equal(TrustScene.Beginning.AddDays(365), found[0].End);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_scene.Paths.Issued));
        Assert.Empty(Record().FindUnexpired("other", _scene.Clock));
    }

    [Fact]
    public void What_has_expired_is_forgotten()
    {
        Issue(TrustScene.Slave, TimeSpan.FromDays(1));
        _scene.Clock.Advance(TimeSpan.FromDays(2));
        Assert.Empty(Record().FindUnexpired("slave.local", _scene.Clock));
        var kept = Issue(Backup);
        Assert.Contains(Serial(kept), File.ReadAllText(_scene.Paths.Issued), StringComparison.Ordinal);
        Assert.DoesNotContain("slave.local", File.ReadAllText(_scene.Paths.Issued), StringComparison.Ordinal);
    }

    [Fact]
    public void A_record_that_cannot_be_read_is_an_error_and_no_empty_record()
    {
        Issue(TrustScene.Slave);
        File.WriteAllText(_scene.Paths.Issued, "{\"format\": 2, \"issued\": []}");
        TrustScene.Refused(ErrorCodes.TrustFileInvalid, () => Issue(TrustScene.Slave));
        File.WriteAllText(_scene.Paths.Issued, "{\"format\": 1, \"issued\": [null]}");
        TrustScene.Refused(ErrorCodes.TrustFileInvalid, () => Record().FindUnexpired("slave.local", _scene.Clock));
        File.WriteAllText(_scene.Paths.Issued, "nonsense");
        TrustScene.Refused(ErrorCodes.TrustFileInvalid, () => Record().FindUnexpired("slave.local", _scene.Clock));
    }

    [Fact]
    public void A_host_that_asks_without_end_is_stopped()
    {
        Issue(TrustScene.Slave);
        var entry = File.ReadAllText(_scene.Paths.Issued).Split('[', ']')[1];
        File.WriteAllText(
            _scene.Paths.Issued,
            $"{{\"format\": 1, \"issued\": [{string.Join(',', Enumerable.Repeat(entry, IssuedCertificates.MaxEntries))}]}}");
        Assert.Contains(
            "slave.local",
            TrustScene.Refused(ErrorCodes.TrustLimitReached, () => Issue(TrustScene.Slave)).Message + File.ReadAllText(_scene.Paths.Issued),
            StringComparison.Ordinal);
    }

    private IssuedCertificates Record() => new(_scene.Paths);

    private string Issue(HostIdentity host, TimeSpan? lifetime = null)
    {
        var request = HostKeyPair.CreateRequest(_scene.Host(host.Name), host.Name);
        var pem = _scene.Authority.Sign(request, host, _scene.Clock, lifetime);
        Record().Add(pem, _scene.Clock);
        return pem;
    }

    private static string Serial(string pem)
    {
        using var certificate = System.Security.Cryptography.X509Certificates.X509Certificate2.CreateFromPem(pem);
        return certificate.SerialNumber.ToLowerInvariant();
    }
}
