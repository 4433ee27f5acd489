using Howdah.Postgres.Versions;

namespace Howdah.Postgres.Server;

/// <summary>A PostgreSQL server installation: the directory of <c>initdb</c>, <c>pg_ctl</c> and <c>postgres</c>.</summary>
public sealed record PostgresInstallation(string BinDirectory, PostgresVersion Version)
{
    /// <summary>Path of one of its programs.</summary>
    public string Program(string name) => Path.Combine(BinDirectory, name);
}
