using System.Globalization;
using Howdah.Core.Errors;

namespace Howdah.Postgres.Wire;

/// <summary>An ErrorResponse or NoticeResponse (PostgreSQL documentation 53.8). Texts are cut at 8 KiB by the reader.</summary>
/// <remarks>
/// Severity is not translated: ERROR, FATAL, PANIC, WARNING, NOTICE, …; SQLSTATE has five characters, see
/// <see cref="SqlStates"/>.
/// </remarks>
public sealed record ServerError(string Severity, string SqlState, string Message, string? Detail, string? Hint)
{
    // What a person reads; the server's own limit is far above.
    private const int LongestText = 8 << 10;

    /// <summary>The server's error inside an exception; null where the exception was not caused by one.</summary>
    public static ServerError? Of(Exception exception) =>
        (exception.InnerException as ServerErrorException)?.Error ?? (exception as ServerErrorException)?.Error;

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Severity} {SqlState}: {Message}{(Detail is null ? "" : $" ({Detail})")}");

    internal static ServerError Parse(ServerMessage message)
    {
        var reader = new BodyReader(message);
        string severity = "", untranslated = "", state = "", text = "";
        string? detail = null, hint = null;
        while (reader.ReadByte() is var field and not 0)
        {
            var value = reader.ReadText();
            value = value.Length > LongestText ? value[..LongestText] : value;
            switch (field)
            {
                case (byte)'S': severity = value; break;
                case (byte)'V': untranslated = value; break;
                case (byte)'C': state = value; break;
                case (byte)'M': text = value; break;
                case (byte)'D': detail = value; break;
                case (byte)'H': hint = value; break;
                default: break; // positions, source lines and fields of later versions
            }
        }

        return new ServerError(untranslated.Length > 0 ? untranslated : severity, state, text, detail, hint);
    }

    /// <summary>As an operating error, with the code that its SQLSTATE calls for.</summary>
    internal OperationException ToException(string attempted) =>
        new(SqlStates.CodeOf(SqlState), $"{attempted}: {this}", Hint, new ServerErrorException(this));
}

/// <summary>
/// Carries a <see cref="ServerError"/> inside an <see cref="OperationException"/>; read it with <see cref="ServerError.Of"/>.
/// </summary>
public sealed class ServerErrorException(ServerError error) : Exception(error.ToString())
{
    public ServerError Error { get; } = error;
}

/// <summary>The SQLSTATEs that Howdah acts on (PostgreSQL documentation, appendix A).</summary>
public static class SqlStates
{
    public const string ProtocolViolation = "08P01";
    public const string InvalidAuthorization = "28000";
    public const string InvalidPassword = "28P01";
    public const string UndefinedObject = "42704";
    public const string DuplicateObject = "42710";
    public const string TooManyConnections = "53300";
    public const string ObjectNotInPrerequisiteState = "55000";
    public const string ObjectInUse = "55006";
    public const string AdminShutdown = "57P01";
    public const string CrashShutdown = "57P02";
    public const string CannotConnectNow = "57P03";
    public const string IdleSessionTimeout = "57P05";
    public const string UndefinedFile = "58P01";
    public const string DataCorrupted = "XX001";

    internal static ErrorCode CodeOf(string sqlState) => sqlState switch
    {
        InvalidAuthorization or InvalidPassword => ErrorCodes.AuthenticationFailed,
        TooManyConnections or CannotConnectNow => ErrorCodes.ServerUnreachable,
        AdminShutdown or CrashShutdown or IdleSessionTimeout => ErrorCodes.ConnectionLost,
        _ => ErrorCodes.ServerError,
    };
}
