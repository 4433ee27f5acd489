using Howdah.Cluster.Configuration;
using Howdah.Postgres.Settings;
using Howdah.Postgres.Versions;

namespace Howdah.Cluster.Adoption;

/// <summary>
/// What becomes of the lines of a server's pg_hba.conf: kept in the cluster file word for word, kept with a method that does the same and
/// cannot be overheard, or refused. Pure.
/// </summary>
internal sealed class HbaAdoption
{
    private const string Scram = "scram-sha-256";

    private readonly FoundServer _server;
    private readonly int _major;
    private readonly HashSet<string> _known;
    private readonly List<string> _kept = [];
    private readonly List<HbaLineRemark> _replaced = [];
    private readonly List<HbaLineRemark> _refused = [];

    private HbaAdoption(ClusterModel model, FoundServer server, IEnumerable<string> rendered)
    {
        _server = server;
        _major = model.PostgresMajor;
        _known = rendered.Concat(model.ExtraHbaLines).Select(line => Normalize(line, server.Version)).ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>Lines that the cluster file does not have yet, in their order.</summary>
    public IReadOnlyList<string> Kept => _kept;

    /// <summary>Lines that it has, or is given, with another method.</summary>
    public IReadOnlyList<HbaLineRemark> Replaced => _replaced;

    /// <summary>Lines that it cannot have.</summary>
    public IReadOnlyList<HbaLineRemark> Refused => _refused;

    /// <param name="model">The cluster file.</param>
    /// <param name="server">Whose lines.</param>
    /// <param name="rendered">The lines that Howdah writes for that node, those of the cluster file or not.</param>
    public static HbaAdoption Of(ClusterModel model, FoundServer server, IEnumerable<string> rendered)
    {
        var adoption = new HbaAdoption(model, server, rendered);
        foreach (var rule in server.HbaRules)
            adoption.Judge(rule);
        return adoption;
    }

    private void Judge(HbaRecord rule)
    {
        var line = rule.ToString();
        if (_known.Contains(line))
            return;
        if (rule.Databases.Concat(rule.Users).FirstOrDefault(IsFileReference) is { } file)
            _refused.Add(new(line, $"{file} names another file of this host", "write its names on the line"));
        else if (rule.Method is "md5" or "password")
            JudgePassword(rule, line);
        else if (rule is { Method: "ident", Connection: HbaConnection.Local })
            Replace(rule with { Method = "peer" }, line, "ident means peer where the connection is local");
        else if (HbaLineCheck.Check(line, _major) is { } wrong)
            _refused.Add(new(line, wrong.Message, (rule with { Method = Scram, Options = [] }).ToString()));
        else
            Keep(line);
    }

    /// <summary>Where the password is stored for SCRAM, md5 means SCRAM already (PostgreSQL 11-18, manual 20.5).</summary>
    private void JudgePassword(HbaRecord rule, string line)
    {
        var old = _server.Roles.Where(role => role.HasOldPassword && Reaches(rule, role)).Select(role => role.Name).ToList();
        var better = rule with { Method = Scram, Options = [] };
        if (old.Count == 0)
            Replace(better, line, "the passwords of all who come by it are stored for SCRAM");
        else
            _refused.Add(new(
                line, $"method {rule.Method} can be overheard, and the passwords of {string.Join(", ", old)} are stored in its form",
                $"{better}, once they have their passwords set anew with password_encryption = '{Scram}'"));
    }

    private void Replace(HbaRecord better, string line, string reason)
    {
        var text = better.ToString();
        _replaced.Add(new(line, reason, text));
        Keep(text);
    }

    private void Keep(string line)
    {
        if (_known.Add(line))
            _kept.Add(line);
    }

    private static bool IsFileReference(HbaToken token) => !token.IsQuoted && token.Text.StartsWith('@');

    /// <summary>Members of a role are not looked up: a line for a group reaches everybody.</summary>
    private static bool Reaches(HbaRecord rule, FoundRole role) => rule.Users.Any(
        user => (!user.IsQuoted && (user.IsKeyword("all") || user.Text is ['+' or '/', ..]))
            || string.Equals(user.Text, role.Name, StringComparison.Ordinal));

    private static string Normalize(string line, PostgresVersion version) =>
        PgHba.Parse(line, "the cluster file", version).Records.FirstOrDefault()?.ToString() ?? line;
}
