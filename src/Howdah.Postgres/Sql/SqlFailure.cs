using Howdah.Core.Errors;
using Npgsql;

namespace Howdah.Postgres.Sql;

/// <summary>Whose fault it is that SQL failed.</summary>
public static class SqlFailure
{
    /// <summary>
    /// True where the statement itself is at fault: its syntax, its names, its rights, its data, its length. False where the server or its
    /// files are: then the same statement succeeds on a sound one.
    /// </summary>
    /// <remarks>By SQLSTATE class (PostgreSQL manual, appendix A): 08 connection, 53 resources, 57P shutdown and crash, 58 system error
    /// (a file is missing), XX internal error (data or an index is corrupt); F0 configuration.</remarks>
    public static bool IsOfStatement(OperationException failure) => failure.InnerException switch
    {
        PostgresException { SqlState: [var first, var second, var third, ..] } => (first, second, third) switch
        {
            ('0', '8', _) or ('5', '3', _) or ('5', '7', 'P') or ('5', '8', _) or ('X', 'X', _) or ('F', '0', _) => false,
            _ => true,
        },
        NotSupportedException => true,
        _ => failure.Code == ErrorCodes.ServerTimeout,
    };
}
