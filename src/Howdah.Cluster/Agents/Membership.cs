using System.Text;
using Howdah.Cluster.Configuration;
using Howdah.Cluster.Observation;
using Howdah.Cluster.Trust;
using Howdah.Core.Errors;
using Howdah.Core.Units;
using Howdah.Storage;

namespace Howdah.Cluster.Agents;

/// <summary>Who is in the cluster: what the host does that the cluster was created on.</summary>
public sealed class Membership(ClusterPaths paths, TimeProvider time)
{
    /// <summary>A host that was away for years has missed fewer.</summary>
    private const long MostRevisionsAtOnce = 1_000_000;

    private readonly ClusterFileStore _files = new(paths);

    /// <summary>
    /// Makes the cluster on this host: authority, own certificate, passwords, cluster file; and asks for a new database system. Done again
    /// it completes what an interrupted run left, and changes nothing else.
    /// </summary>
    /// <exception cref="OperationException"><see cref="ErrorCodes.Refused"/>: the cluster is there already, or it is all on one
    /// machine.</exception>
    public void Create(ClusterModel model, string text, HostModel self)
    {
        if (model.IsOnOneMachine)
            throw new OperationException(
                ErrorCodes.Refused, $"all addresses of {model.Name} are loopback addresses: it is on one machine", "run: howdah up");
        if (self.Name != model.HostOf(model.InitialPrimary).Name)
            throw new OperationException(
                ErrorCodes.Refused, $"this is {self.Name}, and {model.InitialPrimary.Name} is the first node of the cluster file",
                $"run howdah init on {model.InitialPrimary.Name}, then howdah join here");
        if (_files.Read() is { } existing)
            throw new OperationException(
                ErrorCodes.Refused, $"the cluster {model.Name} was made here already (revision {existing.Revision} of its file)",
                "change it with: howdah apply howdah.toml");
        DirectorySync.Create(paths.Root);
        DirectorySync.Create(paths.StateDirectory);
        DirectorySync.Create(paths.Trust.Directory);
        if (!Presence.OfFile(paths.Trust.CaKey))
            CertificateAuthority.Create(paths.Trust, model.Name, time).Dispose();
        if (!HostKeyPair.Exists(paths.Trust))
            HostKeyPair.Install(paths.Trust, Sign(HostKeyPair.CreateRequest(paths.Trust, self.Name), self), time);
        new SecretFiles(model).Complete();
        if (model.Nodes.All(node => !self.Has(node) || DataDirectoryFiles.IsAbsent(node.DataDirectory)))
            new ClusterStateFiles(paths).RequestCreation();
        // Last: with the cluster file in place the cluster is made.
        _files.Install(new ClusterFileRevision(1, text, null));
    }

    /// <summary>A token that lets one host join once.</summary>
    /// <exception cref="OperationException"><see cref="ErrorCodes.AuthorityMissing"/>: this is not the host that lets others in;
    /// <see cref="ErrorCodes.NodeNotFound"/>: the cluster file does not name it.</exception>
    public JoinToken IssueToken(ClusterModel model, string host, TimeSpan lifetime)
    {
        CertificateAuthority.Open(paths.Trust).Dispose();
        Require(model, host);
        return new TokenStore(paths.Trust).Issue(host, lifetime, time);
    }

    /// <summary>Lets a host in: the token is used up before anything is given away.</summary>
    public JoinAnswer Admit(ClusterModel model, JoinRequest request)
    {
        var host = Require(model, request.Host);
        new TokenStore(paths.Trust).Redeem(new Secret(request.Token), request.Host, time);
        return new JoinAnswer(model.Name, Sign(request.Request, host), File.ReadAllText(paths.Trust.CaCertificate), Current());
    }

    /// <summary>A new certificate for a host that has proven to be one of the cluster.</summary>
    public RenewalAnswer Renew(ClusterModel model, string host, RenewalRequest request) =>
        new(Sign(request.Request, Require(model, host)));

    /// <summary>The applied cluster file with the certificates that are not accepted any more, and the passwords.</summary>
    public ClusterFileRevision Current()
    {
        var current = _files.Read() ?? throw new OperationException(
            ErrorCodes.ClusterNotFound, $"{paths.Root} is of no cluster on several machines", "run: howdah init, or: howdah join");
        var revoked = RevocationList.Load(paths.Trust);
        return current with
        {
            Revoked = revoked.Count == 0 ? null : Encoding.UTF8.GetString(revoked.ToJson()),
            Passwords = SecretFiles.ReadAll(paths),
        };
    }

    /// <summary>The next revision, with another cluster file, and with passwords for roles that it names anew. Changes nothing.</summary>
    public ClusterFileRevision With(ClusterModel changed)
    {
        var current = Current();
        var passwords = current.Passwords!.ToDictionary(StringComparer.Ordinal);
        foreach (var role in new[] { changed.Users.Replication, changed.Users.Backup })
            passwords.TryAdd(role, SecretFiles.NewPassword());
        return current with
        {
            Revision = current.Revision + 1,
            Origin = FileMark.OriginOfEdit(),
            Text = changed.Source,
            Passwords = passwords,
        };
    }

    /// <summary>The next revision with a new password for each role: whoever does not get it is let into no server any more. Changes
    /// nothing; each host that takes it has them.</summary>
    public ClusterFileRevision WithNewPasswords()
    {
        var current = Current();
        return current with
        {
            Revision = current.Revision + 1,
            Origin = FileMark.OriginOfRevocation(),
            Passwords = current.Passwords!.Keys.ToDictionary(role => role, _ => SecretFiles.NewPassword(), StringComparer.Ordinal),
        };
    }

    /// <summary>
    /// What to take of a newer revision. One that was made where a revocation that we know is not known must not undo it: the text is
    /// taken, and ours are the list and the passwords, as the next revision, which all others take in turn. Changes nothing.
    /// </summary>
    /// <exception cref="OperationException"><see cref="ErrorCodes.Refused"/>: so many revisions nobody has made.</exception>
    public ClusterFileRevision Guard(ClusterFileRevision offered)
    {
        var current = _files.Read()?.Revision ?? 0;
        if (offered.Revision - MostRevisionsAtOnce > current)
            throw new OperationException(
                ErrorCodes.Refused, $"revision {offered.Revision} was offered, and {current} is applied here: nobody has made so many",
                "see who applied it, in the agents' logs");
        var theirs = offered.Revoked is { } json
            ? RevocationList.Parse(Encoding.UTF8.GetBytes(json), "another host's list")
            : RevocationList.Empty;
        return RevocationList.Load(paths.Trust).Entries.All(entry => theirs.Find(entry.Serial) is not null)
            ? offered
            : offered with { Revision = offered.Revision + 1, Origin = FileMark.OriginOfRevocation(), Passwords = null };
    }

    /// <summary>What revoking a host would revoke. Changes nothing.</summary>
    /// <param name="model">The cluster.</param>
    /// <param name="host">Its name; it need not be in the cluster file any more.</param>
    /// <returns>All of the host's certificates that have not expired, also those that were revoked before.</returns>
    /// <exception cref="OperationException"><see cref="ErrorCodes.AuthorityMissing"/>: this is not the host that signs;
    /// <see cref="ErrorCodes.Refused"/>: it is this host itself; <see cref="ErrorCodes.NodeNotFound"/>: there is none.</exception>
    public IReadOnlyList<RevokedCertificate> FindRevocable(ClusterModel model, string host)
    {
        CertificateAuthority.Open(paths.Trust).Dispose();
        if (string.Equals(host, AgentIdentity.Read(paths), StringComparison.Ordinal))
            throw new OperationException(
                ErrorCodes.Refused, $"revoking the certificates of {host}: that is this host, which signs those of all others",
                "to replace its certificate, run: howdah cert renew");
        var now = time.GetUtcNow();
        List<RevokedCertificate> found =
        [
            .. new IssuedCertificates(paths.Trust).FindUnexpired(host, time)
                .Select(issued => new RevokedCertificate(issued.Serial, host, now)),
        ];
        return found.Count > 0 ? found : throw new OperationException(
            ErrorCodes.NodeNotFound, $"revoking the certificates of {host}: none that has not expired was signed for a host of that name",
            $"the cluster file names {string.Join(", ", model.Hosts.Select(known => known.Name))}");
    }

    /// <summary>
    /// No agent that knows the list takes a certificate of the host any more: this host's when this returns, the others with the next
    /// revision of the cluster file. Those that were revoked before stay so. Join tokens for the host that were not used end too.
    /// </summary>
    /// <returns>As <see cref="FindRevocable"/>.</returns>
    /// <exception cref="OperationException">As of <see cref="FindRevocable"/>.</exception>
    public IReadOnlyList<RevokedCertificate> Revoke(ClusterModel model, string host)
    {
        RevokeFound();
        // A token that the host was sent and has not used would let it in again.
        new TokenStore(paths.Trust).Void(host, time);
        // Twice: with the first list in place the host is not let in to renew any more, and what it renewed meanwhile is in the second.
        return RevokeFound();

        IReadOnlyList<RevokedCertificate> RevokeFound()
        {
            var found = FindRevocable(model, host);
            RevocationList.Extend(paths.Trust, found.Aggregate(RevocationList.Empty, (list, entry) => list.Add(entry)));
            return found;
        }
    }

    /// <summary>Recorded before it is given away, so that it can be revoked.</summary>
    private string Sign(string request, HostModel host)
    {
        using var authority = CertificateAuthority.Open(paths.Trust);
        var certificate = authority.Sign(request, new HostIdentity(host.Name, [host.Address]), time);
        new IssuedCertificates(paths.Trust).Add(certificate, time);
        return certificate;
    }

    private static HostModel Require(ClusterModel model, string host) => model.FindHost(host) ?? throw new OperationException(
        ErrorCodes.NodeNotFound, $"the cluster file names no host {host}",
        $"it names {string.Join(", ", model.Hosts.Select(known => known.Name))}");
}
