using System.Collections.Concurrent;
using Howdah.Cluster.Configuration;
using Howdah.Cluster.Trust;
using Howdah.Core.Errors;
using Howdah.Postgres.ConnectionStrings;
using Howdah.Postgres.Wire;
using Howdah.Storage;

namespace Howdah.Cluster.Observation;

/// <summary>
/// Whether the servers of this host show the certificate that is installed on it. Thread-safe.
/// </summary>
/// <remarks>
/// A server reads the file when it starts and when it reloads. When that was cannot be told from times: a file's is cut by its filesystem
/// and is older than the rename that put it in place, and pg_conf_load_time() is the session's, which may be a while behind the
/// postmaster's. So the server is asked for it, as a client would: until it shows the installed one, and then no more, since it keeps what
/// it has read.
/// </remarks>
internal sealed class ShownCertificates(ClusterModel model, TimeProvider time)
{
    /// <summary>The server is on this machine, and has just answered through its socket.</summary>
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<string, string> _upToDate = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private WatchedFile<string>? _installed;

    /// <summary>False also where that cannot be told: without TLS, or where no connection can be made.</summary>
    public async Task<bool> IsOldAsync(NodeModel node, CancellationToken cancellationToken)
    {
        if (model.IsOnOneMachine || Installed() is not { } installed
            || string.Equals(_upToDate.GetValueOrDefault(node.Name), installed, StringComparison.Ordinal))
            return false;
        try
        {
            var server = new ServerAddress(node.Address, node.Port);
            using var shown = await ShownCertificate.ReadAsync(server, Deadline, time, cancellationToken);
            if (shown is null)
                return false;
            if (!string.Equals(CertificateFields.Serial(shown), installed, StringComparison.Ordinal))
                return true;
            _upToDate[node.Name] = installed;
            return false;
        }
        catch (OperationException)
        {
            // Not known; it is asked again at the next look.
            return false;
        }
    }

    /// <summary>The serial of the host's certificate; null where it has none that can be read.</summary>
    private string? Installed()
    {
        lock (_gate)
        {
            try
            {
                _installed ??= new WatchedFile<string>(
                    model.Paths.Trust.HostPair, () => HostCertificate.Read(model.Paths.Trust).Serial, failed: _ => { });
                return _installed.Current;
            }
            catch (OperationException)
            {
                // That the host's certificate cannot be read is told by whatever needs it.
                return null;
            }
        }
    }
}
