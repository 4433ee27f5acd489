namespace Howdah.Integration.Tests.Fixtures;

/// <summary>
/// The PostgreSQL majors that integration tests run on: <c>[Theory, MemberData(nameof(SupportedMajors.Tested), MemberType =
/// …)]</c>.
/// </summary>
public static class SupportedMajors
{
    /// <summary>
    /// Both ends of what Howdah supports, Debian 12's own version, and the two versions between which replication changed most.
    /// </summary>
    public static TheoryData<int> Tested => [11, 13, 15, 17, 18];

    /// <summary>For what does not depend on the version: the one that Debian 12 brings.</summary>
    public const int Default = 15;

    /// <summary>The oldest and the newest, for slow tests that depend on the version.</summary>
    public static TheoryData<int> Ends => [11, 18];
}
