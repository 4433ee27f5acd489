using System.Diagnostics;
using System.Security.Cryptography;
using Howdah.Fuzz;

// Feeds damaged input to every parser until the time is over; what breaks one is kept in out/fuzz. Started by eng/fuzz.
//   Howdah.Fuzz SECONDS [TARGET [SEED]]
if (args.Length is < 1 or > 3 || !int.TryParse(args[0], out var seconds))
{
    await Console.Error.WriteLineAsync("usage: Howdah.Fuzz SECONDS [TARGET [SEED]]");
    return 64;
}

List<FuzzTarget> all =
[
    .. TextTargets.All, .. BinaryTargets.All, .. WireTargets.All, .. RepositoryTargets.All, .. TrustTargets.All, .. AgentTargets.All,
];
var targets = args.Length > 1 && args[1] != "all" ? all.Where(target => target.Name == args[1]).ToList() : all;
if (targets.Count == 0)
{
    await Console.Error.WriteLineAsync($"no target {args[1]}; there are {string.Join(", ", all.Select(target => target.Name))}");
    return 64;
}

var seed = args.Length > 2 ? int.Parse(args[2]) : Random.Shared.Next();
var slowest = TimeSpan.FromSeconds(2);
var kept = Directory.CreateDirectory(RepositoryRoot.PathOf("out/fuzz")).FullName;
var failures = 0;
Console.WriteLine($"seed {seed}");
foreach (var target in targets)
{
    var random = new Random(seed);
    var mutator = new Mutator(random);
    var watch = Stopwatch.StartNew();
    long runs = 0;
    var broken = new HashSet<string>();
    while (watch.Elapsed.TotalSeconds < (double)seconds / targets.Count)
    {
        var input = runs < target.Examples.Count ? target.Examples[(int)runs] : mutator.Next(target.Examples);
        var began = watch.Elapsed;
        string? problem = null;
        try
        {
            target.Parse(input);
        }
        catch (Exception exception)
        {
            problem = target.FindProblem(exception);
        }

        runs++;
        problem ??= watch.Elapsed - began > slowest ? $"took {watch.Elapsed - began}" : null;
        if (problem is null || !broken.Add(PlaceOf(problem))) continue;
        var file = Path.Combine(kept, $"{target.Name}-{Convert.ToHexStringLower(SHA256.HashData(input))[..12]}");
        await File.WriteAllBytesAsync(file, input);
        Console.WriteLine($"{target.Name}: {file}: {problem}");
        failures++;
    }

    Console.WriteLine($"{target.Name}: {runs} inputs, {broken.Count} failures");
}

return failures == 0 ? 0 : 1;

// One bug is told once: the kind of exception, and the first place of ours in its trace.
static string PlaceOf(string problem) => problem.Split(':')[0] + problem.Split('\n').FirstOrDefault(line => line.Contains("at Howdah."));
