namespace Howdah.Cluster.Trust;

/// <summary>Where keys, certificates and tokens of a host rest. Only the names: nothing here reads or writes.</summary>
/// <remarks>
/// The directory is open to readers, because PostgreSQL and libpq, which may run as another user, need <see cref="CaCertificate"/>;
/// each file with a secret in it has mode 0600.
/// </remarks>
public sealed class TrustPaths(string directory)
{
    public string Directory { get; } = directory;

    /// <summary>0644, on every host: what all certificates of the cluster are checked against.</summary>
    public string CaCertificate => In("ca.crt");

    /// <summary>0600, only on the host where the cluster was created.</summary>
    public string CaKey => In("ca.key");

    /// <summary>0600: the host's certificate and then its key, in one PEM file.</summary>
    /// <remarks>
    /// One file, because a certificate and a key in two cannot be exchanged at once: a kill between the two renames would leave a pair
    /// that does not match, and PostgreSQL, libpq and the agent would all refuse it. One rename changes both. OpenSSL, and with it
    /// ssl_cert_file and ssl_key_file of PostgreSQL and sslcert and sslkey of libpq, skips the blocks of a PEM file that it does
    /// not look for, so that both may name this file (PEM_bytes_read_bio(3)).
    /// </remarks>
    public string HostPair => In("host.pem");

    /// <summary>What ssl_cert_file and sslcert name: <see cref="HostPair"/>.</summary>
    public string HostCertificate => HostPair;

    /// <summary>What ssl_key_file and sslkey name: <see cref="HostPair"/>.</summary>
    public string HostKey => HostPair;

    /// <summary>0600: a key that a certificate was asked for and has not been installed for yet.</summary>
    public string PendingKey => In("host.key.new");

    /// <summary>0600: hashes of the join tokens that this host issued.</summary>
    public string Tokens => In("tokens.json");

    /// <summary>0644: the certificates that are not accepted any more.</summary>
    public string Revoked => In("revoked.json");

    /// <summary>0600, only beside <see cref="CaKey"/>: the certificates that were signed with it.</summary>
    public string Issued => In("issued.json");

    /// <summary>Held while this host's certificate is renewed: one at a time, whoever asked for it.</summary>
    public string RenewalLock => In("renewal.lock");

    /// <summary>Held while any of the other files is changed.</summary>
    public string Lock => In("trust.lock");

    private string In(string name) => Path.Combine(Directory, name);
}
