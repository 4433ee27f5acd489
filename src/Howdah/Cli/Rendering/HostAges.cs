using Howdah.Cluster.Observation;

namespace Howdah.Cli.Rendering;

/// <summary>How old what is shown of each host is.</summary>
internal static class HostAges
{
    /// <summary>As <c>as of: master now, slave 0.3 s ago</c>.</summary>
    public static string Line(IEnumerable<HostAge> ages) =>
        "as of: " + string.Join(", ", ages.Select(age => $"{age.Host} {Word(age.Age)}"));

    private static string Word(TimeSpan? age) => age switch
    {
        null => "never seen",
        { Ticks: 0 } => "now",
        { } old => $"{Amounts.Span(old)} ago",
    };
}
