using Howdah.Cli.Json;
using Howdah.Cli.Rendering;
using Howdah.Cluster.Configuration;
using Howdah.Cluster.Execution;
using Howdah.Core.Errors;

namespace Howdah.Cli.Commands;

/// <summary><c>howdah config check|show|schema</c>.</summary>
internal static class ConfigCommands
{
    public static HowdahCommand Create(CliHost host) => new("config", "look at the cluster file") { Check(host), Show(host), Schema(host) };

    private static HowdahCommand Check(CliHost host)
    {
        var command = new HowdahCommand("check", "tell every problem of the cluster file, each with line, column and what would be right")
        {
            PrintsData = true,
            Remarks =
                "Once the file itself is right, PostgreSQL is asked whether it would take the values of [settings], where that version is\n"
                + "installed.",
            Examples = [new("howdah config check --config lab.toml", "/root/lab.toml:3:1: unknown key nmae in [cluster]")],
            OwnExitCodes = [(0, "the file is right"), ((int)ExitCode.Configuration, "it has problems")],
        };
        return command.Runs(
            host,
            async (run, cancellation) =>
            {
                var path = run.FindClusterFile();
                var result = ClusterFile.Read(path).Result;
                var (problems, remark) = result.Model is null ? (result.Problems, "") : await TryAsync(run, result, cancellation);
                if (run.IsJson)
                {
                    var json = new ConfigCheckJson(path, problems.Count == 0, [.. problems.Select(ProblemJson.Of)]);
                    JsonOutput.Write(run.Out, json, CliJson.Default.ConfigCheckJson);
                }
                else
                {
                    foreach (var problem in problems)
                        run.Out.WriteLine(ErrorText.Line(path, problem));
                    if (problems.Count == 0)
                        run.Out.WriteLine($"{path}: no problem found{remark}");
                }

                return problems.Count == 0 ? ExitCode.Success : ExitCode.Configuration;
            }
        );
    }

    /// <summary>What PostgreSQL itself says of the settings; and what to add where nothing is wrong.</summary>
    private static async Task<(IReadOnlyList<ConfigProblem> Problems, string Remark)> TryAsync(
        Invocation run, ClusterConfigResult result, CancellationToken cancellation)
    {
        var model = result.Model!;
        try
        {
            await new Composition(run, model).Operations(SilentObserver.Instance).TrySettingsAsync(cancellation);
            return ([], $", and PostgreSQL {model.PostgresMajor} accepts the settings");
        }
        catch (OperationException failure) when (failure.Code == ErrorCodes.InstallationNotFound)
        {
            return ([], $"; PostgreSQL {model.PostgresMajor} is not installed here, so nobody tried the values of [settings]");
        }
        catch (OperationException failure) when (failure.Code == ErrorCodes.PrivilegeDropFailed)
        {
            return ([], $"; nobody tried the values of [settings]: {failure.Message}");
        }
        catch (OperationException failure) when (failure.Code == ErrorCodes.ConfigurationInvalid)
        {
            // It names the setting, which leads to the line.
            var line = result.Effective.FirstOrDefault(
                value => value.Path.StartsWith("settings.", StringComparison.Ordinal)
                    && failure.Message.Contains($"\"{value.Path["settings.".Length..]}\"", StringComparison.OrdinalIgnoreCase))?.Line ?? 0;
            return ([new ConfigProblem(line, line == 0 ? 0 : 1, failure.Message, null)], "");
        }
    }

    private static HowdahCommand Show(CliHost host)
    {
        var command = new HowdahCommand("show", "print every value as it counts, and the line or the default that it comes from")
        {
            PrintsData = true,
            Examples = [new("howdah config show", "cluster.directory  /var/lib/howdah/demo  default")],
        };
        return command.Runs(
            host,
            run =>
            {
                var cluster = run.LoadClusterFile();
                if (run.IsJson)
                {
                    var json = new ConfigShowJson(
                        cluster.Path,
                        [.. cluster.Effective.Select(value => new EffectiveValueJson(value.Path, value.Value, value.Line))]
                    );
                    JsonOutput.Write(run.Out, json, CliJson.Default.ConfigShowJson);
                    return ExitCode.Success;
                }

                run.Say(cluster.Path);
                TextColumns.Write(
                    run.Out,
                    cluster.Effective.Select(value =>
                        (IReadOnlyList<string>)[value.Path, value.Value, value.Line is { } line ? $"line {line}" : "default"]
                    )
                );
                return ExitCode.Success;
            }
        );
    }

    private static HowdahCommand Schema(CliHost host)
    {
        var command = new HowdahCommand("schema", "print the JSON schema of the cluster file, for editors")
        {
            Remarks =
                "Editors that know TOML schemas complete and check while you type:\n"
                + "put `#:schema ./howdah.schema.json` in the first line of the cluster file.",
            Examples = [new("howdah config schema > howdah.schema.json", "beside the cluster file")],
        };
        return command.Runs(
            host,
            run =>
            {
                run.Out.Write(ConfigSchemaJson.Render());
                return ExitCode.Success;
            }
        );
    }
}
