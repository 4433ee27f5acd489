using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Howdah.Tidy.Tests;

/// <summary>Habits that no compiler keeps for us: CONTRIBUTING.md.</summary>
public sealed partial class StyleTests
{
    [Fact]
    public void Types_are_named_for_what_they_are() => Findings.Expect(
        "name",
        from file in SourceTree.Sources
        from type in file.Root.DescendantNodes().OfType<BaseTypeDeclarationSyntax>()
        where EmptyName().IsMatch(type.Identifier.Text)
        select $"{file.Path}:{SourceFile.LineOf(type)}: {type.Identifier.Text} says nothing about what it does");

    [Fact]
    public void Nothing_is_hidden_in_regions() => Findings.Expect(
        "region",
        from file in SourceTree.Sources
        from trivia in file.Root.DescendantTrivia(descendIntoTrivia: true)
        where trivia.IsKind(SyntaxKind.RegionDirectiveTrivia)
        select $"{file.Path}: #region");

    [Fact]
    public void What_is_left_to_do_has_an_issue() => Findings.Expect(
        "open end",
        from file in SourceTree.Sources
        from trivia in file.Root.DescendantTrivia(descendIntoTrivia: true)
        let text = trivia.ToString()
        where OpenEnd().IsMatch(text) && !text.Contains('#')
        select $"{file.Path}: {text.Trim()}");

    [Fact]
    public void No_catch_block_is_empty_without_a_reason() => Findings.Expect(
        "empty catch",
        from file in SourceTree.Sources
        from clause in file.Root.DescendantNodes().OfType<CatchClauseSyntax>()
        where clause.Block.Statements.Count == 0
        where !clause.Block.DescendantTrivia().Any(trivia => trivia.IsKind(SyntaxKind.SingleLineCommentTrivia))
        select $"{file.Path}:{SourceFile.LineOf(clause)}: empty catch");

    [Fact]
    public void Nobody_configures_awaits() => Findings.Expect(
        "ConfigureAwait",
        from file in SourceTree.Sources
        from name in file.Root.DescendantNodes().OfType<IdentifierNameSyntax>()
        where name.Identifier.Text == "ConfigureAwait"
        select $"{file.Path}:{SourceFile.LineOf(name)}: ConfigureAwait (docs/decisions/0002-no-configure-await.md)");

    [Fact]
    public void Tests_are_named_in_sentences() => Findings.Expect(
        "test name",
        from file in SourceTree.Sources
        where file.Path.StartsWith("tests/")
        from method in file.Root.DescendantNodes().OfType<MethodDeclarationSyntax>()
        where method.AttributeLists.SelectMany(list => list.Attributes).Any(attribute => attribute.Name.ToString() is "Fact" or "Theory")
        where !method.Identifier.Text.Contains('_')
        select $"{file.Path}:{SourceFile.LineOf(method)}: {method.Identifier.Text}");

    [Fact]
    public void Tests_wait_for_conditions_instead_of_sleeping() => Findings.Expect(
        "sleep",
        from file in SourceTree.Sources
        from call in file.Root.DescendantNodes().OfType<InvocationExpressionSyntax>()
        where call.Expression.ToString() is "Thread.Sleep" || (call.Expression.ToString() is "Task.Delay" && file.IsTest)
        select $"{file.Path}:{SourceFile.LineOf(call)}: {call}");

    [GeneratedRegex("(Utils?|Utility|Utilities|Helpers?|Manager|Common|Misc)($|[A-Z])")]
    private static partial Regex EmptyName();

    [GeneratedRegex(@"\b(TODO|FIXME|HACK|XXX)\b")]
    private static partial Regex OpenEnd();
}
