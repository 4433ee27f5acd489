using System.CommandLine;
using Howdah.Core.Errors;

namespace Howdah.Cli.Forwarding;

/// <summary>
/// Writes a command line of ours anew for another host, from what the parser made of it: no word of it can be taken for something else
/// there. What is about this host alone stays: its cluster file, and places that are meant here.
/// </summary>
internal static class HowdahArguments
{
    /// <exception cref="OperationException"><see cref="ErrorCodes.Refused"/>: it would do something here.</exception>
    public static IReadOnlyList<string> Of(Invocation run, HowdahCommand command, string host)
    {
        Refuse(run, command, host);
        var parsed = run.Parsed;
        var given = command.Options
            .Concat(parsed.RootCommandResult.Command.Options.Where(option => option.Recursive && option != GlobalOptions.Config))
            .Select(option => (Option: option, Result: parsed.GetResult(option)))
            .Where(option => option.Result is { Implicit: false })
            .ToList();
        // Arguments, then switches, then what has a value, which stands in the same word: an option of the last kind never has a
        // switch for its value, which the other host would take to be none.
        return
        [
            .. HelpText.PathOf(command).Split(' ').Skip(1),
            .. command.Arguments.SelectMany(argument => parsed.GetResult(argument)?.Tokens.Select(token => token.Value) ?? []),
            .. given.Where(option => IsSwitch(option.Option) && parsed.GetValue((Option<bool>)option.Option))
                .Select(option => option.Option.Name),
            .. given.Where(option => !IsSwitch(option.Option))
                .SelectMany(option => option.Result!.Tokens.SelectMany(token => Words(option.Option, token.Value))),
        ];
    }

    /// <summary>An empty value would not be one behind an equals sign.</summary>
    private static IReadOnlyList<string> Words(Option option, string value) =>
        value.Length == 0 ? [option.Name, value] : [$"{option.Name}={value}"];

    private static bool IsSwitch(Option option) => option is Option<bool>;

    private static void Refuse(Invocation run, HowdahCommand command, string host)
    {
        var name = HelpText.PathOf(command);
        if (command.ForwardedOnlyWith is { } needed && !run.Value(needed))
            throw new OperationException(
                ErrorCodes.Refused, $"{name} writes on the host that it is run on, and what it reads is on {host}",
                $"run it on {host}, or ask from here what it would do there: {name} {needed.Name}");
        if (command.NeverForwarded.FirstOrDefault(run.IsGiven) is { } local)
            throw new OperationException(
                ErrorCodes.Refused, $"{local.Name} names a place of {host}, where {name} is carried out, and is taken there only",
                $"run it on {host}, or without {local.Name}");
        foreach (var option in command.Places.Where(run.IsGiven))
        {
            foreach (var place in run.Parsed.GetResult(option)!.Tokens.Select(token => token.Value[(token.Value.IndexOf('=') + 1)..]))
            {
                if (!Path.IsPathRooted(place))
                    throw new OperationException(
                        ErrorCodes.Refused, $"{option.Name} '{place}' is a place of {host}, where {name} is carried out, and not of here",
                        "write the whole path, from / on");
            }
        }
    }
}
