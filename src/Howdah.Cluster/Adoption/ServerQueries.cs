using Howdah.Cluster.Configuration;
using Howdah.Cluster.Observation;
using Howdah.Core.Errors;
using Howdah.Core.Wal;
using Howdah.Postgres.Server;
using Howdah.Postgres.Sql;
using Howdah.Postgres.Versions;

namespace Howdah.Cluster.Adoption;

/// <summary>Asks a server that is to be adopted about itself; the same text of SQL for 11 to 18. Changes nothing.</summary>
internal sealed class ServerQueries(SqlDatabase database)
{
    private const string Identity = """
        select current_setting('server_version_num')::int as version, pg_is_in_recovery() as in_recovery,
               (select system_identifier::text from pg_control_system()) as system,
               (select rolsuper from pg_roles where rolname = current_user) as is_superuser
        """;

    /// <summary>Those of TCP show 0 in a session through a Unix socket, which ours is (pqcomm.c), whatever is set.</summary>
    private const string Settings = """
        select name, case when name like 'tcp\_%' then reset_val else current_setting(name) end as shown,
               unit, vartype, boot_val, context, source
        from pg_settings
        """;

    /// <summary>
    /// What a reload cannot change is no mistake: a line of another value, and, without a place, a line that is gone (PostgreSQL 11-18,
    /// guc-file.l, ProcessConfigFileInternal).
    /// </summary>
    private const string FileSettings = """
        select f.name, f.setting, f.sourcefile, f.sourceline, f.error,
               f.sourcefile is null
                   or (f.error = 'setting could not be applied'
                       and exists (select from pg_settings s where s.name = lower(f.name) and s.context = 'postmaster')) as only_restart
        from pg_file_settings f order by f.seqno
        """;

    private const string HbaErrors = """
        select line_number, error from pg_hba_file_rules where error is not null order by line_number
        """;

    /// <summary>A password that is not in SCRAM's form is in MD5's; whether anybody can see it by this is as safe as it was.</summary>
    private const string Roles = """
        select rolname, rolsuper, rolcanlogin and rolpassword not like 'SCRAM-SHA-256$%' as old_password,
               shobj_description(oid, 'pg_authid') as description
        from pg_authid order by rolname
        """;

    private const string Tablespaces = """
        select oid::bigint as oid, spcname, pg_tablespace_location(oid) as location
        from pg_tablespace where pg_tablespace_location(oid) like '/%' order by oid
        """;

    /// <param name="node">Which node the server is.</param>
    /// <param name="postmaster">Its process.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<FoundServer> AskAsync(NodeModel node, PostmasterFile postmaster, CancellationToken cancellationToken)
    {
        var identity = await database.QueryRowAsync(Identity, [], cancellationToken);
        var settings = await database.QueryAsync(Settings, [], cancellationToken);
        var written = await database.QueryAsync(FileSettings, [], cancellationToken);
        var roles = await database.QueryAsync(Roles, [], cancellationToken);
        var receiver = (await database.ReadViewAsync("pg_stat_wal_receiver", cancellationToken))
            .FirstOrDefault(row => row.Text("status") is "streaming");
        var named = settings.ToDictionary(row => row.Text("name")!, row => row.Text("shown") ?? "", StringComparer.OrdinalIgnoreCase);
        var version = new PostgresVersion((int)(identity.Integer("version") ?? 0));
        return new FoundServer(node)
        {
            Postmaster = postmaster,
            Version = version,
            System = SystemIdentifier.Parse(identity.Text("system")),
            InRecovery = identity.Boolean("in_recovery") ?? false,
            IsSuperuser = identity.Boolean("is_superuser") ?? false,
            Settings = settings.ToDictionary(row => row.Text("name")!, Setting, StringComparer.OrdinalIgnoreCase),
            FileSettings = [.. written.Where(row => row.Text("name") is not null).Select(FileSetting)],
            FileErrors = [.. await FindErrorsAsync(written, cancellationToken)],
            Files = FoundFilesReader.Read(node.DataDirectory, named),
            HbaRules = ConfigurationReader.ReadHba(named["hba_file"], version),
            UserMaps = FoundFilesReader.ReadMaps(named["ident_file"]),
            Roles = [.. roles.Select(Role)],
            Slots = [.. (await database.ReadViewAsync("pg_replication_slots", cancellationToken)).Select(Slot)],
            Followers =
            [
                .. (await database.ReadViewAsync("pg_stat_replication", cancellationToken))
                    .Where(row => row.Text("application_name") is not null).Select(Follower),
            ],
            Receiver = receiver is null ? null
                : new FoundReceiver(receiver.Text("sender_host"), receiver.Integer("sender_port"), NullIfEmpty(receiver.Text("slot_name"))),
            Tablespaces = [.. (await database.QueryAsync(Tablespaces, [], cancellationToken)).Select(Tablespace)],
        };
    }

    /// <summary>What the server would complain about, were it to read its files now.</summary>
    public async Task<IReadOnlyList<string>> FindErrorsAsync(CancellationToken cancellationToken) =>
        [.. await FindErrorsAsync(await database.QueryAsync(FileSettings, [], cancellationToken), cancellationToken)];

    private async Task<IEnumerable<string>> FindErrorsAsync(IReadOnlyList<SqlRow> written, CancellationToken cancellationToken)
    {
        var access = await database.QueryAsync(HbaErrors, [], cancellationToken);
        return
        [
            .. written.Where(row => row.Text("error") is not null && row.Boolean("only_restart") != true)
                .Select(row => $"{row.Text("sourcefile")} line {row.Text("sourceline")}: {row.Text("name")}: {row.Text("error")}"),
            .. access.Select(row => $"pg_hba.conf line {row.Text("line_number")}: {row.Text("error")}"),
        ];
    }

    private static FoundSetting Setting(SqlRow row) => new(row.Text("name")!, row.Text("shown") ?? "")
    {
        Kind = SettingKind.Of(row),
        NeedsRestart = row.Text("context") is "postmaster",
        IsFromCommandLine = row.Text("source") is "command line",
        Default = row.Text("boot_val") ?? "",
    };

    private static FileSetting FileSetting(SqlRow row) =>
        new(row.Text("name")!, row.Text("setting") ?? "", row.Text("sourcefile") ?? "");

    private static FoundRole Role(SqlRow row) => new(
        row.Text("rolname")!, row.Boolean("rolsuper") ?? false, row.Boolean("old_password") ?? false,
        RoleFingerprint.Read(row.Text("description")) is not null);

    private static FoundSlot Slot(SqlRow row) =>
        new(row.Text("slot_name")!, row.Text("slot_type") is "physical", (int?)row.Integer("active_pid"));

    private static FoundFollower Follower(SqlRow row) => new(
        row.Text("application_name")!, row.Text("client_addr"),
        (int)(row.Integer("pid") ?? throw new OperationException(ErrorCodes.ServerError, "the server answered no pid of a sender")));

    private static ObservedTablespace Tablespace(SqlRow row) =>
        new((uint)(row.Integer("oid") ?? 0), row.Text("spcname")!, row.Text("location")!);

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
