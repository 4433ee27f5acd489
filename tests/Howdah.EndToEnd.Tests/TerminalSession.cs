using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Howdah.Integration.Tests.Fixtures;

namespace Howdah.EndToEnd.Tests;

/// <summary>How a command on a terminal ended.</summary>
/// <param name="ExitCode">The command's own.</param>
/// <param name="Screen">All that was written to the terminal, with its control sequences.</param>
/// <param name="Before">The terminal's settings, as <c>stty -g</c> tells them.</param>
/// <param name="After">The same, when the command had ended.</param>
internal sealed record TerminalEnd(int ExitCode, string Screen, string Before, string After);

/// <summary>A command of howdah on a pseudo terminal, which <c>script</c> (bsdutils) makes, with a test at the keyboard.</summary>
internal sealed class TerminalSession : IAsyncDisposable
{
    public const string ControlC = "\x03";

    private static readonly Regex ControlSequence = new(@"\e\[[0-9;?]*[A-Za-z]|\e[=>]|\r", RegexOptions.ExplicitCapture);

    private readonly Lab _lab;
    private readonly string _arguments;
    private readonly Process _script;
    private readonly StringBuilder _screen = new();
    private readonly Task _reading;

    private TerminalSession(Lab lab, string arguments, Process script)
    {
        (_lab, _arguments, _script) = (lab, arguments, script);
        _reading = ReadAsync();
    }

    /// <summary>All that is on the terminal so far.</summary>
    public string Screen
    {
        get
        {
            lock (_screen) return _screen.ToString();
        }
    }

    /// <summary>Starts <c>howdah ARGUMENTS</c>; they are words without blanks.</summary>
    public static TerminalSession Start(Lab lab, string arguments)
    {
        // The shell outlives Ctrl-C, which every process of the terminal gets, to tell how the command ended.
        var line = $"trap : INT; stty -g > {lab.File("before")}; {HowdahBinary.Path} {arguments}; "
            + $"echo $? > {lab.File("code")}; stty -g > {lab.File("after")}";
        var start = new ProcessStartInfo("script", ["-q", "-c", line, "/dev/null"])
        {
            UseShellExecute = false,
            WorkingDirectory = "/",
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        foreach (var (name, value) in lab.Environment()) start.Environment[name] = value;
        start.Environment["SHELL"] = "/bin/sh";
        start.Environment["TERM"] = "xterm";
        start.Environment.Remove("NO_COLOR");
        return new TerminalSession(lab, arguments, Process.Start(start)!);
    }

    /// <summary>Text without control sequences.</summary>
    public static string Plain(string screen) => ControlSequence.Replace(screen, "");

    public async Task TypeAsync(string keys)
    {
        await _script.StandardInput.WriteAsync(keys);
        await _script.StandardInput.FlushAsync(TestEnvironment.Stop);
    }

    /// <summary>Sends a signal to howdah itself.</summary>
    public void Signal(int signal) => ProcessTree.Signal(
        ProcessTree.Where(process => process.Program == HowdahBinary.Path
            && process.CommandLine.Contains(_arguments, StringComparison.Ordinal)
            && process.Environment.Contains(_lab.ClusterFile, StringComparison.Ordinal)).Single(),
        signal);

    /// <summary>Waits until the command has ended.</summary>
    public async Task<TerminalEnd> EndAsync()
    {
        await _script.WaitForExitAsync(TestEnvironment.Stop).WaitAsync(TestCommand.Deadline);
        await _reading;
        var code = await File.ReadAllTextAsync(_lab.File("code"));
        return new TerminalEnd(
            int.Parse(code, CultureInfo.InvariantCulture),
            Screen,
            await File.ReadAllTextAsync(_lab.File("before")),
            await File.ReadAllTextAsync(_lab.File("after")));
    }

    public async ValueTask DisposeAsync()
    {
        if (!_script.HasExited) _script.Kill(entireProcessTree: true);
        await _reading;
        _script.Dispose();
    }

    private async Task ReadAsync()
    {
        var buffer = new char[4096];
        int count;
        while ((count = await _script.StandardOutput.ReadAsync(buffer)) > 0)
        {
            lock (_screen) _screen.Append(buffer, 0, count);
        }
    }
}
