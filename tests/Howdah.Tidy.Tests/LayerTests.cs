using System.Xml.Linq;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Howdah.Tidy.Tests;

/// <summary>Dependencies point down: docs/architecture.md.</summary>
public sealed class LayerTests
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Howdah.Core"] = [],
        ["Howdah.Postgres"] = ["Howdah.Core"],
        ["Howdah.Storage"] = ["Howdah.Core"],
        ["Howdah.Repository"] = ["Howdah.Core", "Howdah.Storage"],
        ["Howdah.Operations"] = ["Howdah.Core", "Howdah.Storage", "Howdah.Postgres", "Howdah.Repository"],
        ["Howdah.Cluster"] = ["Howdah.Core", "Howdah.Storage", "Howdah.Postgres", "Howdah.Repository", "Howdah.Operations"],
        ["Howdah.Barman"] =
            ["Howdah.Core", "Howdah.Storage", "Howdah.Postgres", "Howdah.Repository", "Howdah.Operations", "Howdah.Cluster"],
        ["Howdah"] =
        [
            "Howdah.Core", "Howdah.Storage", "Howdah.Postgres", "Howdah.Repository", "Howdah.Operations", "Howdah.Cluster", "Howdah.Barman",
        ],
    };

    [Fact]
    public void Every_product_project_has_a_layer()
    {
        var projects = SourceTree.ProjectFiles.Where(path => path.StartsWith("src/")).Select(path => path.Split('/')[1]);
        Assert.Equal(Allowed.Keys.Order(), projects.Order());
    }

    [Fact]
    public void Project_references_point_down() => Findings.Expect(
        "project reference",
        from path in SourceTree.ProjectFiles
        where path.StartsWith("src/")
        let project = path.Split('/')[1]
        from reference in XDocument.Parse(SourceTree.Read(path)).Descendants("ProjectReference")
        let target = Path.GetFileNameWithoutExtension((string)reference.Attribute("Include")!)
        where !Allowed[project].Contains(target)
        select $"{path}: {project} may not reference {target}");

    [Fact]
    public void Usings_point_down() => Findings.Expect(
        "using",
        from file in SourceTree.Sources
        where file.IsProduct
        from directive in file.Root.DescendantNodes().OfType<UsingDirectiveSyntax>()
        let target = directive.NamespaceOrType.ToString()
        where target.StartsWith("Howdah.") && !target.StartsWith(file.Project + ".")
        where !Allowed[file.Project].Any(allowed => target == allowed || target.StartsWith(allowed + "."))
        select $"{file.Path}:{SourceFile.LineOf(directive)}: {file.Project} may not use {target}");

    [Fact]
    public void Namespaces_follow_folders() => Findings.Expect(
        "namespace",
        from file in SourceTree.Sources
        where file.IsProduct
        from declaration in file.Root.DescendantNodes().OfType<BaseNamespaceDeclarationSyntax>()
        let parts = file.Path.Split('/')
        let expected = string.Join('.', parts[1..^1])
        where declaration.Name.ToString() != expected
        select $"{file.Path}: namespace {declaration.Name} instead of {expected}");

    [Fact]
    public void Only_the_executable_has_a_console() => Findings.Expect(
        "Console",
        from file in SourceTree.Sources
        where file.IsProduct && file.Project != "Howdah"
        from name in file.Root.DescendantNodes().OfType<IdentifierNameSyntax>()
        where name.Identifier.Text == "Console"
        select $"{file.Path}:{SourceFile.LineOf(name)}: uses Console");
}
