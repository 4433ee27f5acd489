// howdah-bench-backup CONNINFO DIRECTORY: one plain base backup, as `pg_basebackup -Fp -c fast -X none` takes it.
using System.Globalization;
using Howdah.Bench.Backup;
using Howdah.Operations.Backup;
using Howdah.Postgres.ConnectionStrings;
using Howdah.Postgres.Replication;

using var cancel = new CancellationTokenSource();
var settings = ConnectionStringParser.Parse(args[0], ConnectionDefaults.Empty);
await using var connection = await ReplicationConnection.OpenAsync(settings, TimeProvider.System, cancel.Token);
await using var sink = new DirectorySink(new DirectorySinkOptions { DataDirectory = args[1] });
var phases = new PhaseTimes();
var result = await new BaseBackupRunner(
    connection, TimeProvider.System).RunAsync(sink, new BaseBackupRunnerOptions(), phases, cancel.Token);
var peak = System.Diagnostics.Process.GetCurrentProcess().PeakWorkingSet64 >> 20;
Console.Error.WriteLine(
    string.Create(CultureInfo.InvariantCulture, $"{result.Files} files, {result.Bytes >> 20} MiB, peak {peak} MiB;{phases}"));
