using System.CommandLine;
using System.Globalization;
using Howdah.Cli.Json;
using Howdah.Cli.Rendering;
using Howdah.Core.Errors;

namespace Howdah.Cli.Commands;

/// <summary><c>howdah errors [CODE]</c>: what the number in brackets means.</summary>
internal static class ErrorsCommand
{
    public static HowdahCommand Create(CliHost host)
    {
        var which = new Argument<string?>("CODE")
        {
            Description = "a number or a name; all when left out",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var command = new HowdahCommand("errors", "explain the errors that Howdah reports")
        {
            PrintsData = true,
            Examples = [new("howdah errors 401", "what 401 means, its exit code, whether trying again may help, and what to do")],
        };
        command.Arguments.Add(which);
        return command.Runs(
            host,
            run =>
            {
                var codes = Choose(run.Value(which));
                if (run.IsJson)
                {
                    var json = new ErrorListJson([
                        .. codes.Select(code => new ErrorEntryJson(
                            code.Number, code.Name, (int)code.Exit, code.MayRetry, code.Meaning, code.Remedy)),
                    ]);
                    JsonOutput.Write(run.Out, json, CliJson.Default.ErrorListJson);
                    return ExitCode.Success;
                }

                TextColumns.Write(
                    run.Out,
                    codes.Select(code =>
                        (IReadOnlyList<string>)
                            [
                                code.Number.ToString("000", CultureInfo.InvariantCulture),
                                code.Name,
                                $"exit {(int)code.Exit}",
                                code.MayRetry ? "may retry" : "",
                                code.Meaning,
                            ]
                    )
                );
                if (codes is [var one])
                    run.Out.WriteLine($"what to do: {one.Remedy}");
                return ExitCode.Success;
            }
        );
    }

    private static IReadOnlyList<ErrorCode> Choose(string? which)
    {
        if (which is null)
            return ErrorCodes.All;
        var found = ErrorCodes
            .All.Where(code =>
                string.Equals(code.Name, which, StringComparison.Ordinal)
                || (int.TryParse(which.Trim('[', ']'), CultureInfo.InvariantCulture, out var number) && code.Number == number)
            )
            .ToList();
        return found.Count > 0
            ? found
            : throw new OperationException(ErrorCodes.UsageInvalid, $"there is no error '{which}'", "howdah errors lists all");
    }
}
