using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Howdah.Cluster.Configuration;
using Howdah.Cluster.Observation;
using Howdah.Cluster.Trust;
using Howdah.Core.Errors;
using Howdah.Storage;

namespace Howdah.Cluster.Agents;

/// <summary>
/// Brings this machine into a cluster: everything that it needs comes from a member, over TLS to the authority that the token names.
/// Interrupted, it is begun anew with another token: the first is used up. A host of the cluster that joins again, because its certificate
/// has expired or was revoked, gets a new one; its data, passwords and cluster file stay.
/// </summary>
public sealed class Joining(TimeProvider time)
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    /// <summary>A certificate with an elliptic key has about 700 characters.</summary>
    private const int LongestAuthority = 64 << 10;

    /// <summary>A cluster file, and the certificates that are not accepted any more.</summary>
    private const int LongestAnswer = 16 << 20;

    /// <param name="member">A member that can sign: the one that the cluster was created on.</param>
    /// <param name="token">From <c>howdah token</c>.</param>
    /// <param name="rootOf">The directory of a cluster of that name; only then is it made.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The cluster's name and directory.</returns>
    public async Task<(string Cluster, ClusterPaths Paths)> RunAsync(
        MemberAddress member, JoinToken token, Func<string, ClusterPaths> rootOf, CancellationToken cancellationToken)
    {
        using var scratch = new ScratchDirectory();
        var draft = new TrustPaths(scratch.Path);
        var request = HostKeyPair.CreateRequest(draft, token.Host);
        var answer = await AskAsync(member, token, request, cancellationToken);
        var paths = rootOf(answer.ClusterName);
        Take(token, answer, draft, paths);
        return (answer.ClusterName, paths);
    }

    /// <summary>
    /// First the authority, from whoever answers: it is no secret, and the token says which one it must be. Then the token, to the host of
    /// that authority that issued it and to nobody else. Two connections, because TLS servers do not send the root of their chain along.
    /// </summary>
    private async Task<JoinAnswer> AskAsync(MemberAddress member, JoinToken token, string request, CancellationToken cancellationToken)
    {
        using var validator = await ReadAuthorityAsync(member, token, cancellationToken);
        string? refused = null;
        using var client = Client(AgentClient.Tls(
            validator, new AgentClient.TlsParty(Own: null, ExpectedHost: token.Issuer), time, verdict => refused = verdict.Reason));
        var body = new JoinRequest(token.Host, token.Secret.Reveal(), request);
        using var content = AgentClient.Json(body, AgentJson.Default.JoinRequest);
        try
        {
            using var response = await client.PostAsync(UriOf(member, AgentPaths.Join), content, cancellationToken);
            var bytes = await response.Content.ReadAsByteArrayAsync(cancellationToken);
            return response.IsSuccessStatusCode
                ? JsonSerializer.Deserialize(bytes, AgentJson.Default.JoinAnswer) ?? throw new JsonException("the answer is null")
                : throw (JsonSerializer.Deserialize(bytes, AgentJson.Default.AgentRefusal)
                    ?? throw new JsonException("the refusal is null")).ToException(member.Host);
        }
        catch (Exception failure) when (failure is HttpRequestException or JsonException or TaskCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw refused is not null ? Mismatch(member, token, refused, failure) : Unreachable(member, failure);
        }
    }

    private static async Task<PeerValidator> ReadAuthorityAsync(
        MemberAddress member, JoinToken token, CancellationToken cancellationToken)
    {
        using var client = Client(new SslClientAuthenticationOptions
        {
            CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
                DisableCertificateDownloads = true,
            },
#pragma warning disable CA5359 // Nothing is sent that is a secret, and what comes is compared with the token's fingerprint.
            RemoteCertificateValidationCallback = (_, _, _, _) => true,
#pragma warning restore CA5359
        });
        client.MaxResponseContentBufferSize = LongestAuthority;
        try
        {
            var authority = Pem.TryParseCertificate(await client.GetStringAsync(UriOf(member, AgentPaths.Authority), cancellationToken));
            if (authority is not null && AuthorityCertificate.FingerprintOf(authority) == token.AuthorityFingerprint)
                return new PeerValidator(authority, RevocationList.Empty);
            authority?.Dispose();
            throw Mismatch(member, token, "it is not of the cluster that the token names", null);
        }
        catch (Exception failure) when (failure is HttpRequestException or TaskCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw Unreachable(member, failure);
        }
    }

    private static HttpClient Client(SslClientAuthenticationOptions tls) =>
        new(new SocketsHttpHandler { ConnectTimeout = Deadline, UseProxy = false, AllowAutoRedirect = false, SslOptions = tls })
        {
            Timeout = Deadline,
            MaxResponseContentBufferSize = LongestAnswer,
        };

    private static Uri UriOf(MemberAddress member, string path) => new($"https://{member}{path}");

    private static OperationException Mismatch(MemberAddress member, JoinToken token, string seen, Exception? cause) => new(
        ErrorCodes.AuthorityMismatch, $"joining through {member.Host}:{member.Port}: {seen}",
        $"the token was not sent to it: it was issued by {token.Issuer}, so join through the address of {token.Issuer}", cause);

    private static OperationException Unreachable(MemberAddress member, Exception cause) => new(
        ErrorCodes.AgentUnreachable, $"joining through {member.Host}:{member.Port}: {cause.GetBaseException().Message}",
        "does howdah agent run there?", cause);

    private void Take(JoinToken token, JoinAnswer answer, TrustPaths draft, ClusterPaths paths)
    {
        RequireSameHost(token, paths);
        DirectorySync.Create(paths.Root);
        DirectorySync.Create(paths.Trust.Directory);
        AuthorityCertificate.Install(draft, answer.Authority, token.AuthorityFingerprint);
        HostKeyPair.Install(draft, answer.Certificate, time);
        AuthorityCertificate.Install(paths.Trust, answer.Authority, token.AuthorityFingerprint);
        RevocationList.Extend(paths.Trust, answer.ClusterFile.Revoked, "the member's answer");
        SecretFiles.Store(paths, answer.ClusterFile.Passwords ?? throw new OperationException(
            ErrorCodes.ProtocolViolation, "the member's answer has no passwords", "has it the same version of Howdah?"));
        AtomicFile.Write(paths.Trust.HostPair, File.ReadAllBytes(draft.HostPair));
        // Last: with the cluster file in place the host is a member. One that has one gets a newer one as its agent does from any other
        // host: an agent that runs here must see it change hands.
        var files = new ClusterFileStore(paths);
        if (files.Read() is null)
            files.Install(answer.ClusterFile);
    }

    /// <summary>Whoever was in a cluster comes back as the same host, or not at all: its data is that host's.</summary>
    private static void RequireSameHost(JoinToken token, ClusterPaths paths)
    {
        if (!HostKeyPair.Exists(paths.Trust))
        {
            if (new ClusterFileStore(paths).Read() is not null)
                throw Refused($"{paths.Root} is of a host whose certificate {paths.Trust.HostPair} is missing", "put it back");
            return;
        }

        var present = AgentIdentity.Read(paths);
        if (!string.Equals(present, token.Host, StringComparison.Ordinal))
            throw Refused(
                $"{paths.Root} is of {present}, and the token is for {token.Host}", $"on the member, run: howdah token {present}");
        using var authority = AuthorityCertificate.Load(paths.Trust);
        if (!string.Equals(AuthorityCertificate.FingerprintOf(authority), token.AuthorityFingerprint, StringComparison.Ordinal))
            throw Refused(
                $"{paths.Root} is of a host of another cluster, whose authority has fingerprint "
                + AuthorityCertificate.FingerprintOf(authority),
                "to join that one, move the directory away first");
    }

    private static OperationException Refused(string seen, string hint) =>
        new(ErrorCodes.Refused, $"{seen}; nothing was changed, and the token is used up", hint);

    private sealed class ScratchDirectory : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("howdah-join-").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
