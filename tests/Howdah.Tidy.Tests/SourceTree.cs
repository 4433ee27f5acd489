using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Howdah.Tidy.Tests;

/// <summary>One C# file: its path from the root of the repository, and its syntax.</summary>
public sealed record SourceFile(string Path, string Text, SyntaxNode Root)
{
    public string[] Lines => Text.Split('\n');

    /// <summary>The project that the file belongs to: "Howdah.Core".</summary>
    public string Project => Path.Split('/')[1];

    public bool IsProduct => Path.StartsWith("src/");

    public bool IsTest => Path.StartsWith("tests/");

    public static int LineOf(SyntaxNode node) => node.GetLocation().GetLineSpan().StartLinePosition.Line + 1;
}

/// <summary>The repository as it is on disk, read once.</summary>
public static class SourceTree
{
    private static readonly string[] Built = ["bin", "obj", "out", ".git", "TestResults"];

    public static string Root => RepositoryRoot.Path;

    /// <summary>Every file that somebody wrote, as paths from the root.</summary>
    public static IReadOnlyList<string> Files { get; } = [.. Enumerate("").Order(StringComparer.Ordinal)];

    public static IReadOnlyList<SourceFile> Sources { get; } =
    [
        .. Files.Where(path => path.EndsWith(".cs") && (path.StartsWith("src/") || path.StartsWith("tests/") || path.StartsWith("bench/")))
            .Select(path => (path, text: Read(path)))
            .Select(file => new SourceFile(file.path, file.text, CSharpSyntaxTree.ParseText(file.text).GetRoot())),
    ];

    public static IReadOnlyList<string> ProjectFiles { get; } = [.. Files.Where(path => path.EndsWith(".csproj"))];

    public static string Read(string path) => File.ReadAllText(System.IO.Path.Combine(Root, path));

    public static bool Exists(string path) =>
        File.Exists(System.IO.Path.Combine(Root, path)) || Directory.Exists(System.IO.Path.Combine(Root, path));

    /// <summary>Files that are text and small enough to be written by hand.</summary>
    public static IEnumerable<(string Path, string Text)> Texts() => Files
        .Where(path => new FileInfo(System.IO.Path.Combine(Root, path)).Length < 1_000_000)
        .Select(path => (path, Read(path)))
        .Where(file => !file.Item2.Contains('\0'));

    private static IEnumerable<string> Enumerate(string folder)
    {
        var full = System.IO.Path.Combine(Root, folder);
        // A linked work tree has a file named .git.
        foreach (var file in Directory.EnumerateFiles(full).Where(file => !file.EndsWith("/.git"))) yield return Join(folder, file);
        foreach (var directory in Directory.EnumerateDirectories(full))
        {
            if (Built.Contains(System.IO.Path.GetFileName(directory)) || new DirectoryInfo(directory).LinkTarget is not null) continue;
            foreach (var file in Enumerate(Join(folder, directory))) yield return file;
        }
    }

    private static string Join(string folder, string full) => System.IO.Path.Combine(folder, System.IO.Path.GetFileName(full));
}
