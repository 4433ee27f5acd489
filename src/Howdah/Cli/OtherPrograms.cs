namespace Howdah.Cli;

/// <summary>A program that the binary also is: <c>howdah NAME …</c>, or a symbolic link NAME to it.</summary>
/// <param name="Name">The name of the link and of the first argument.</param>
/// <param name="Description">One line for <c>howdah --help</c>.</param>
/// <param name="Run">Takes the arguments after the name, answers the exit code; has a command line of its own.</param>
internal sealed record OtherProgram(string Name, string Description, Func<string[], int> Run);

/// <summary>All of them. Adding one here is all it takes.</summary>
internal static class OtherPrograms
{
    private static readonly OtherProgram[] All = [BarmanEntry.Program];

    public static IReadOnlyList<OtherProgram> List => All;

    public static OtherProgram? Find(string name)
    {
        foreach (var program in All)
        {
            if (string.Equals(program.Name, name, StringComparison.Ordinal))
                return program;
        }

        return null;
    }
}
