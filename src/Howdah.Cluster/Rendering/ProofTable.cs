using Howdah.Postgres.Sql;

namespace Howdah.Cluster.Rendering;

/// <summary>The one table of Howdah's in the user's database system: a row that is written, and then read wherever it must have come
/// to.</summary>
internal static class ProofTable
{
    public const string IsThere = "select 1 as one where to_regclass('howdah.proof') is not null";

    public const string Read = "select written_at::text as row from howdah.proof where id = 1";

    public const string Write =
        "insert into howdah.proof values (1, clock_timestamp()) on conflict (id) do update set written_at = excluded.written_at";

    /// <summary>What makes it, safe to run again, and lets one role use it.</summary>
    public static IEnumerable<RenderedLine> For(string role)
    {
        var identifier = SqlText.Identifier(role);
        yield return new("create schema if not exists howdah", "holds the one row that proves the chain, and nothing else");
        yield return new(
            "create table if not exists howdah.proof (id int primary key, written_at timestamptz not null)",
            "written on the primary; read on every standby and in every drill of a proof");
        yield return new($"grant usage on schema howdah to {identifier}", "see howdah.proof");
        yield return new($"grant select, insert, update on howdah.proof to {identifier}", "see howdah.proof");
    }
}
