using System.Globalization;
using Howdah.Cli.Json;
using Howdah.Cluster.Configuration;
using Howdah.Core.Errors;

namespace Howdah.Cli;

/// <summary>Errors of operation as people and as programs read them: always on standard error, never with a stack trace.</summary>
internal static class ErrorText
{
    public static void Write(CliHost host, bool json, OperationException exception)
    {
        if (json)
        {
            WriteJson(host, new ErrorJson(exception.Code.Number, exception.Code.Name, exception.Message, exception.Hint, null));
            return;
        }

        host.Error.WriteLine($"howdah: error {exception.Code}: {exception.Message}");
        if (exception.Hint is not null)
            host.Error.WriteLine($"hint: {exception.Hint}");
    }

    public static void Write(CliHost host, bool json, ClusterFileException exception)
    {
        var code = ErrorCodes.ConfigurationInvalid;
        var count = exception.Problems.Count;
        var problems = count == 1 ? "a problem" : string.Create(CultureInfo.InvariantCulture, $"{count} problems");
        var message = $"cluster file {exception.Path} has {problems}";
        var hint = exception.InForce is { } inForce ? $"until it is right, ask by the file that is in force: --config {inForce}" : null;
        if (json)
        {
            WriteJson(host, new ErrorJson(code.Number, code.Name, message, hint, [.. exception.Problems.Select(ProblemJson.Of)]));
            return;
        }

        host.Error.WriteLine($"howdah: error {code}: {message}");
        foreach (var problem in exception.Problems)
            host.Error.WriteLine(Line(exception.Path, problem));
        if (hint is not null)
            host.Error.WriteLine($"hint: {hint}");
    }

    /// <summary>As compilers write it, so that editors find the place.</summary>
    public static string Line(string path, ConfigProblem problem)
    {
        var place = problem.Line > 0 ? string.Create(CultureInfo.InvariantCulture, $"{path}:{problem.Line}:{problem.Column}") : path;
        return problem.Suggestion is null ? $"{place}: {problem.Message}" : $"{place}: {problem.Message}\n    {problem.Suggestion}";
    }

    private static void WriteJson(CliHost host, ErrorJson error) =>
        JsonOutput.Write(host.Error, new ErrorEnvelope(error), CliJson.Default.ErrorEnvelope);
}
