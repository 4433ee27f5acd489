using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Howdah.Tidy.Tests;

/// <summary>Files, methods and lines that a reader can hold.</summary>
public sealed class SizeTests
{
    private const int MaxFileLines = 400;
    private const int MaxMethodLines = 60;
    private const int MaxLineLength = 140;
    private const int MaxParameters = 4;

    [Fact]
    public void Files_have_at_most_400_lines() => Findings.Expect(
        "file length",
        from file in SourceTree.Sources
        let lines = file.Text.AsSpan().TrimEnd('\n').Count('\n') + 1
        where lines > MaxFileLines
        select $"{file.Path}: {lines} lines");

    [Fact]
    public void Methods_have_at_most_60_lines() => Findings.Expect(
        "method length",
        from file in SourceTree.Sources
        from member in file.Root.DescendantNodes()
        let name = NameOf(member)
        where name is not null
        let span = member.GetLocation().GetLineSpan()
        let lines = span.EndLinePosition.Line - span.StartLinePosition.Line + 1
        where lines > MaxMethodLines
        select $"{file.Path}: {name} has {lines} lines");

    [Fact]
    public void Lines_have_at_most_140_characters() => Findings.Expect(
        "line length",
        from file in SourceTree.Sources
        from line in file.Lines.Select((text, index) => (text, number: index + 1))
        where line.text.Length > MaxLineLength && !(file.IsTest && HoldsExpectedText(file, line.number))
        select $"{file.Path}:{line.number}: {line.text.Length} characters");

    [Fact]
    public void Methods_have_at_most_4_parameters_besides_the_cancellation_token() => Findings.Expect(
        "parameters",
        from file in SourceTree.Sources
        where file.IsProduct
        from method in file.Root.DescendantNodes().OfType<MethodDeclarationSyntax>()
        where !method.Modifiers.Any(SyntaxKind.ExternKeyword) && !method.AttributeLists.ToString().Contains("LibraryImport")
        let parameters = method.ParameterList.Parameters.Count(parameter => parameter.Type?.ToString() != "CancellationToken")
        where parameters > MaxParameters
        select $"{file.Path}: {method.Identifier.Text} has {parameters} parameters");

    // Expected output in a test is compared as it stands, and reads worse in pieces.
    private static bool HoldsExpectedText(SourceFile file, int line) => file.Root.DescendantTokens()
        .Where(token => token.Span.Length > MaxLineLength / 2 && token.Kind().ToString().Contains("String"))
        .Select(token => token.GetLocation().GetLineSpan())
        .Any(span => span.StartLinePosition.Line < line && line <= span.EndLinePosition.Line + 1);

    private static string? NameOf(SyntaxNode node) => node switch
    {
        MethodDeclarationSyntax method => method.Identifier.Text,
        ConstructorDeclarationSyntax constructor => constructor.Identifier.Text,
        LocalFunctionStatementSyntax function => function.Identifier.Text,
        AccessorDeclarationSyntax { Body: not null } accessor => accessor.Keyword.Text,
        _ => null,
    };
}
