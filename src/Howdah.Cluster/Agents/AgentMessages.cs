using Howdah.Core.Errors;

namespace Howdah.Cluster.Agents;

/// <summary>
/// The paths of the agents' HTTP interface. Everything but <see cref="Authority"/> and <see cref="Join"/> needs a certificate of the
/// cluster.
/// </summary>
public static class AgentPaths
{
    public const string Report = "/v1/report";
    public const string ClusterFile = "/v1/cluster-file";
    public const string Plan = "/v1/plan";
    public const string Authority = "/v1/authority";
    public const string Join = "/v1/join";
    public const string Renew = "/v1/renew";
    public const string Commands = "/v1/commands";
}

/// <summary>A cluster file as it was applied: the newest counts, see <see cref="FileMark"/>.</summary>
/// <param name="Revision">1 when the cluster is made; each <c>apply</c> is one more.</param>
/// <param name="Text">The whole file.</param>
/// <param name="Revoked">The certificates that are not accepted any more, in the form of the trust directory; null: none.</param>
/// <param name="Passwords">Passwords by role, of replication and of backups; null where they are not told: on disk they have files of
/// their own.</param>
public sealed record ClusterFileRevision(
    long Revision, string Text, string? Revoked = null, IReadOnlyDictionary<string, string>? Passwords = null)
{
    /// <summary>Of whoever applied it, random; null for the first revision. See <see cref="FileMark"/>.</summary>
    public string? Origin { get; init; }

    internal FileMark Mark => new(Revision, Origin);

    /// <summary>Without the passwords: a record prints all that it has.</summary>
    public override string ToString() => $"{nameof(ClusterFileRevision)} {{ {Revision} }}";
}

/// <summary>A cluster file that is not applied yet: what would be done by it?</summary>
/// <param name="Text">The whole file.</param>
public sealed record PlanRequest(string Text);

/// <summary>A host asks to be let in.</summary>
/// <param name="Host">Its name in the cluster file.</param>
/// <param name="Token">The token's secret: it counts once.</param>
/// <param name="Request">A certificate request, PEM.</param>
public sealed record JoinRequest(string Host, string Token, string Request);

/// <summary>All that a host needs to be one of the cluster.</summary>
/// <param name="ClusterName">The cluster's name, which its directory is called by.</param>
/// <param name="Certificate">The host's certificate, PEM.</param>
/// <param name="Authority">The certificate of the cluster's authority, PEM.</param>
/// <param name="ClusterFile">The cluster file, with the passwords.</param>
public sealed record JoinAnswer(string ClusterName, string Certificate, string Authority, ClusterFileRevision ClusterFile);

/// <summary>A host of the cluster asks for a new certificate.</summary>
public sealed record RenewalRequest(string Request);

public sealed record RenewalAnswer(string Certificate);

/// <summary>A command line that is to be carried out on another host, without the program's name.</summary>
public sealed record CommandRequest(IReadOnlyList<string> Arguments);

/// <summary>A line of what a command writes, or its end: at most one of the three is there. None is a sign of life.</summary>
/// <param name="Out">To standard output, without its end of line.</param>
/// <param name="Error">To standard error, likewise.</param>
/// <param name="Exit">The exit code; nothing comes after it.</param>
/// <param name="IsPart">No end of line follows what was written.</param>
public sealed record CommandOutput(string? Out = null, string? Error = null, int? Exit = null, bool IsPart = false);

/// <summary>Why an agent did not do what was asked.</summary>
/// <param name="Code">Name of one of <see cref="ErrorCodes"/>.</param>
/// <param name="Message">In words.</param>
/// <param name="Hint">What to do; null where there is nothing.</param>
public sealed record AgentRefusal(string Code, string Message, string? Hint = null)
{
    public static AgentRefusal Of(OperationException failure) => new(failure.Code.Name, failure.Message, failure.Hint);

    public OperationException ToException(string host)
    {
        var code = ErrorCodes.All.FirstOrDefault(known => string.Equals(known.Name, Code, StringComparison.Ordinal));
        return new OperationException(code ?? ErrorCodes.Refused, $"{host}: {Message}", Hint);
    }
}
