using System.Runtime.InteropServices;
using Howdah.Core.Errors;

namespace Howdah.Cli;

/// <summary>The first SIGINT, SIGTERM or SIGHUP asks the command to stop; a second one ends the process.</summary>
internal sealed class ProcessSignals : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly List<PosixSignalRegistration> _registrations;
    private int _received;

    public ProcessSignals()
    {
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Stop(context, ExitCode.Interrupted)),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Stop(context, ExitCode.Terminated)),
            PosixSignalRegistration.Create(PosixSignal.SIGHUP, context => Stop(context, ExitCode.Terminated)),
        ];
    }

    public CancellationToken Token => _source.Token;

    /// <summary>What to exit with because of the first signal; null when none came.</summary>
    public ExitCode? Received => Volatile.Read(ref _received) is not 0 and var code ? (ExitCode)code : null;

    public void Dispose()
    {
        foreach (var registration in _registrations)
            registration.Dispose();
        _source.Dispose();
    }

    private void Stop(PosixSignalContext context, ExitCode code)
    {
        if (Interlocked.CompareExchange(ref _received, (int)code, 0) != 0)
            End(code);
        context.Cancel = true;
        _source.Cancel();
    }

    /// <summary>At once, whatever hangs. Servers are processes of their own, and each change can be taken up again.</summary>
    private static void End(ExitCode code)
    {
        Console.Error.WriteLine("howdah: ended by a second signal, before it was done; howdah status tells what still runs");
        Environment.Exit((int)code);
    }
}
