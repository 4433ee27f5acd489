namespace Howdah.Postgres.ConnectionStrings;

/// <summary>libpq's words for our enumerations.</summary>
internal static class ConnectionChoices
{
    public static readonly IReadOnlyList<(string Text, SslMode Value)> SslModes =
    [
        ("disable", SslMode.Disable), ("allow", SslMode.Allow), ("prefer", SslMode.Prefer), ("require", SslMode.Require),
        ("verify-ca", SslMode.VerifyCa), ("verify-full", SslMode.VerifyFull),
    ];

    public static readonly IReadOnlyList<(string Text, SslNegotiation Value)> SslNegotiations =
        [("postgres", SslNegotiation.Postgres), ("direct", SslNegotiation.Direct)];

    public static readonly IReadOnlyList<(string Text, ChannelBinding Value)> ChannelBindings =
        [("disable", ChannelBinding.Disable), ("prefer", ChannelBinding.Prefer), ("require", ChannelBinding.Require)];

    public static readonly IReadOnlyList<(string Text, TargetSessionAttributes Value)> Targets =
    [
        ("any", TargetSessionAttributes.Any), (
            "read-write", TargetSessionAttributes.ReadWrite), ("read-only", TargetSessionAttributes.ReadOnly),
        ("primary", TargetSessionAttributes.Primary), ("standby", TargetSessionAttributes.Standby), (
            "prefer-standby", TargetSessionAttributes.PreferStandby),
    ];

    public static string TextOf<T>(IReadOnlyList<(string Text, T Value)> choices, T value) =>
        choices.First(choice => EqualityComparer<T>.Default.Equals(choice.Value, value)).Text;
}
