using Howdah.Core.Errors;
using Howdah.Postgres.ConnectionStrings;

namespace Howdah.Postgres.Wire;

/// <summary>Checks <c>target_session_attrs</c> once a session stands.</summary>
/// <remarks>
/// 14 and later report <c>in_hot_standby</c> and <c>default_transaction_read_only</c>; older servers answer SHOW
/// transaction_read_only, also on a walsender (PostgreSQL, src/interfaces/libpq/fe-connect.c, CONNECTION_CHECK_TARGET).
/// </remarks>
internal static class SessionKind
{
    /// <exception cref="OperationException"><see cref="ErrorCodes.ServerUnreachable"/>: the server is of another kind.</exception>
    public static async Task CheckAsync(WireConnection connection, TargetSessionAttributes wanted, CancellationToken cancellationToken)
    {
        if (wanted is TargetSessionAttributes.Any or TargetSessionAttributes.PreferStandby)
            return;
        var (isStandby, isReadOnly) = await ObserveAsync(connection, cancellationToken);
        var fits = wanted switch
        {
            TargetSessionAttributes.ReadWrite => !isReadOnly,
            TargetSessionAttributes.ReadOnly => isReadOnly,
            TargetSessionAttributes.Primary => !isStandby,
            _ => isStandby,
        };
        if (!fits)
        {
            throw new OperationException(
                ErrorCodes.ServerUnreachable,
                $"{connection.Target} is a {(isStandby ? "standby" : "primary")}{(isReadOnly ? ", read-only" : "")}; wanted: "
                + $"{ConnectionChoices.TextOf(ConnectionChoices.Targets, wanted)}");
        }
    }

    private static async Task<(bool IsStandby, bool IsReadOnly)> ObserveAsync(
        WireConnection connection, CancellationToken cancellationToken)
    {
        if (connection.Parameters.TryGetValue("in_hot_standby", out var hotStandby))
        {
            var isStandby = hotStandby == "on";
            return (isStandby, isStandby || connection.Parameters.GetValueOrDefault("default_transaction_read_only") == "on");
        }

        var results = await connection.QueryAsync("SHOW transaction_read_only", cancellationToken);
        var isReadOnly = results is [{ Rows: [_, ..] } first, ..] && first.Text(0, 0) == "on";
        return (isReadOnly, isReadOnly);
    }
}
