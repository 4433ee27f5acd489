using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Howdah.Tidy.Tests;

/// <summary>What lies around the code: packages, lock files, documents, scripts.</summary>
public sealed partial class RepositoryTests
{
    /// <summary>Hosts that our texts may name: those of documentation and examples.</summary>
    private static readonly string[] KnownHosts =
    [
        "www.postgresql.org", "www.apache.org", "learn.microsoft.com", "github.com", "docs.pgbarman.org", "keepachangelog.com",
        "semver.org", "json-schema.org", "localhost", "toml.io", "www.rfc-editor.org", "schemas.microsoft.com",
    ];

    private static readonly string[] RepositoryFolders = ["src/", "tests/", "docs/", "eng/", "deploy/", "bench/", ".ci/"];

    [Fact]
    public void Every_package_is_explained_in_dependencies_md()
    {
        var explained = SourceTree.Read("dependencies.md");
        var packages = XDocument.Parse(SourceTree.Read("Directory.Packages.props")).Descendants("PackageVersion")
            .Select(package => (string)package.Attribute("Include")!);
        Assert.All(packages, package => Assert.Contains($"| {package} |", explained));
    }

    [Fact]
    public void Every_package_has_an_exact_version() => Findings.Expect(
        "package version",
        from package in XDocument.Parse(SourceTree.Read("Directory.Packages.props")).Descendants("PackageVersion")
        where !ExactVersion().IsMatch((string)package.Attribute("Version")!)
        select $"Directory.Packages.props: {package}");

    [Fact]
    public void Every_project_has_a_lock_file_and_is_in_the_solution()
    {
        var solution = SourceTree.Read("Howdah.slnx");
        Assert.All(
            SourceTree.ProjectFiles.Where(path => path.StartsWith("src/") || path.StartsWith("tests/")),
            path =>
            {
                var lockFile = Path.Combine(Path.GetDirectoryName(path)!, "packages.lock.json");
                Assert.True(SourceTree.Exists(lockFile), $"{path} has no lock file");
                Assert.Contains(path, solution);
            });
    }

    [Fact]
    public void Files_name_no_host_but_known_ones() => Findings.Expect(
        "host",
        from file in SourceTree.Texts()
        from url in Url().Matches(file.Text)
        let host = url.Groups["host"].Value
        where !KnownHosts.Contains(host) && !Example().IsMatch(host)
        select $"{file.Path}: {url.Value}");

    [Fact]
    public void Files_say_nothing_about_the_place_they_were_written_at() => Findings.Expect(
        "place",
        from file in SourceTree.Texts()
        where !file.Path.EndsWith(nameof(RepositoryTests) + ".cs")
        from place in Place().Matches(file.Text)
        select $"{file.Path}: {place.Value}");

    [Fact]
    public void Paths_in_documents_exist() => Findings.Expect(
        "document path",
        from path in SourceTree.Files
        where path.EndsWith(".md")
        from span in CodeSpan().Matches(WithoutBlocks(SourceTree.Read(path)))
        let name = span.Groups["text"].Value.TrimEnd('/')
        where RepositoryFolders.Any(name.StartsWith) && !name.AsSpan().ContainsAny("*<>{ ")
        where !SourceTree.Exists(name)
        select $"{path}: `{name}` does not exist");

    [Fact]
    public void Links_in_documents_lead_somewhere() => Findings.Expect(
        "document link",
        from path in SourceTree.Files
        where path.EndsWith(".md")
        from link in Link().Matches(WithoutBlocks(SourceTree.Read(path)))
        let target = link.Groups["target"].Value.Split('#')[0]
        where target.Length > 0 && !target.Contains("://")
        where !SourceTree.Exists(Path.Combine(Path.GetDirectoryName(path)!, target))
        select $"{path}: {target} does not exist");

    private static string WithoutBlocks(string markdown) => Block().Replace(markdown, "");

    [GeneratedRegex("^[0-9]+(\\.[0-9]+)+$")]
    private static partial Regex ExactVersion();

    [GeneratedRegex("https?://(?<host>[A-Za-z0-9][A-Za-z0-9.-]*)")]
    private static partial Regex Url();

    // RFC 2606 names, loopback and the test networks.
    [GeneratedRegex(@"(^|\.)(example|test|local|invalid)(\.(com|org|net))?$|^127\.|^10\.")]
    private static partial Regex Example();

    [GeneratedRegex(@"(?<![\w.$}])/work/\w+|(?i)generated (with|by) (an? )?(ai|assistant|language model)|co-authored-by")]
    private static partial Regex Place();

    [GeneratedRegex("`(?<text>[^`\n]+)`")]
    private static partial Regex CodeSpan();

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex("^```.*?^```", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Block();
}
