namespace Howdah.Postgres.Wire;

/// <summary>One message of the server.</summary>
/// <param name="Type">One of <see cref="MessageType"/>.</param>
/// <param name="Body">Without type and length. Points into the receive buffer: valid until the next read.</param>
internal readonly record struct ServerMessage(byte Type, ReadOnlyMemory<byte> Body);

/// <summary>First bytes of messages (PostgreSQL documentation 53.7, "Message Formats", protocol 3.0).</summary>
internal static class MessageType
{
    public const byte Authentication = (byte)'R';
    public const byte BackendKeyData = (byte)'K';
    public const byte CommandComplete = (byte)'C';
    public const byte CopyBothResponse = (byte)'W';
    public const byte CopyData = (byte)'d';
    public const byte CopyDone = (byte)'c';
    public const byte CopyInResponse = (byte)'G';
    public const byte CopyOutResponse = (byte)'H';
    public const byte DataRow = (byte)'D';
    public const byte EmptyQueryResponse = (byte)'I';
    public const byte ErrorResponse = (byte)'E';
    public const byte NegotiateProtocolVersion = (byte)'v';
    public const byte NoticeResponse = (byte)'N';
    public const byte NotificationResponse = (byte)'A';
    public const byte ParameterStatus = (byte)'S';
    public const byte PasswordMessage = (byte)'p';
    public const byte Query = (byte)'Q';
    public const byte ReadyForQuery = (byte)'Z';
    public const byte RowDescription = (byte)'T';
    public const byte Terminate = (byte)'X';

    /// <summary>False for a byte that starts no message of a server to a client that uses simple queries only.</summary>
    public static bool IsFromServer(byte type) => "RKCWdcGHDIEvNASZT"u8.Contains(type);

    /// <summary>For messages: <c>'T'</c>, or <c>0x00</c> where that is not a letter.</summary>
    public static string Show(byte type) => char.IsAsciiLetter((char)type) ? $"'{(char)type}'" : $"0x{type:X2}";
}
