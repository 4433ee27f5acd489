using System.Globalization;
using Howdah.Bench.Wal;
using Howdah.Core.Errors;
using Howdah.Core.Wal;
using Howdah.Operations.ReceiveWal;
using Howdah.Postgres.ConnectionStrings;
using Howdah.Postgres.Replication;
using Howdah.Repository;
using Howdah.Repository.Wal;

// A WAL receiver and nothing else: for measurements beside pg_receivewal, and for tests that kill it.
//   Howdah.Bench.Wal CONNINFO REPOSITORY SLOT|- APPLICATION_NAME [START|- [UNTIL]]
// START is where an empty repository begins; at UNTIL (an LSN) the program ends. One event a line on standard output.
if (args.Length < 4)
{
    await Console.Error.WriteLineAsync("usage: Howdah.Bench.Wal CONNINFO REPOSITORY SLOT|- APPLICATION_NAME [START|- [UNTIL]]");
    return 2;
}

var time = TimeProvider.System;
using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    stop.Cancel();
};

var settings = ConnectionStringParser.Parse(args[0], ConnectionDefaults.OfThisProcess());
var store = await OpenStoreAsync();
var options = new WalReceiverOptions
{
    Connection = settings,
    Slot = args[2] == "-" ? null : args[2],
    ApplicationName = args[3],
    InitialStart = args.Length > 4 && args[4] != "-" ? Lsn.Parse(args[4]) : null,
};
var receiver = new WalReceiver(options, store, time, new ConsoleObserver());
var begun = time.GetTimestamp();
var running = receiver.RunAsync(stop.Token);
if (args.Length > 5)
{
    var until = Lsn.Parse(args[5]);
    while (receiver.Status.Flushed < until && !running.IsCompleted)
        await Task.Delay(TimeSpan.FromMilliseconds(20), time, stop.Token);
    Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"reached {receiver.Status.Flushed} after {time.GetElapsedTime(begun).TotalSeconds:0.000} s, {Environment.WorkingSet >> 20} MiB, "
        + $"{Environment.CpuUsage.TotalTime.TotalSeconds:0.00} CPU-s"));
    await stop.CancelAsync();
}

try
{
    await running;
    return 0;
}
catch (OperationException exception)
{
    await Console.Error.WriteLineAsync($"{exception.Code} {exception.Message}");
    return (int)exception.Code.Exit;
}

// Its connection ends before receiving begins: each commit wakes every walsender, also one that nobody asks anything.
async Task<WalStore> OpenStoreAsync()
{
    await using var connection = await ReplicationConnection.OpenAsync(settings, time, stop.Token);
    var system = await connection.IdentifySystemAsync(stop.Token);
    return BackupRepository.CreateOrOpen(
        args[1], new RepositoryOptions()).Wal(system.SystemIdentifier, await connection.ReadSegmentSizeAsync(stop.Token));
}
