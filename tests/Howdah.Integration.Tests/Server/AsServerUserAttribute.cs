using Xunit.v3;

namespace Howdah.Integration.Tests.Server;

/// <summary>
/// The test runs wholly as an unprivileged user: <c>./test</c> runs all of these in one process of that user, which is cheaper than what
/// <see cref="Unprivileged.HasRunElsewhereAsync"/> does where root runs a single one.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class AsServerUserAttribute : Attribute, ITraitAttribute
{
    internal const string Trait = "As";
    internal const string User = "server-user";

    public IReadOnlyCollection<KeyValuePair<string, string>> GetTraits() => [new(Trait, User)];
}
