using System.Security.Cryptography;
using System.Text;
using Howdah.Core.Errors;
using Howdah.Core.Units;
using Howdah.Postgres.ConnectionStrings;

namespace Howdah.Postgres.Wire;

/// <summary>Answers one server's authentication requests until it says AuthenticationOk.</summary>
/// <remarks>PostgreSQL documentation 53.2.1 and 53.3; codes in AuthenticationXXX messages.</remarks>
internal sealed class Authenticator(ConnectionSettings settings, PassFileKey key, byte[]? endPointHash, bool isEncrypted)
{
    private const int Ok = 0;
    private const int CleartextPassword = 3;
    private const int Md5Password = 5;
    private const int Sasl = 10;
    private const int SaslContinue = 11;
    private const int SaslFinal = 12;

    private ScramExchange? _scram;
    private bool _isBound;

    /// <summary>
    /// True when the server is satisfied; otherwise an answer has been put into <paramref name="writer"/> (or none is due).
    /// </summary>
    public bool Handle(ServerMessage message, WireWriter writer)
    {
        var reader = new BodyReader(message);
        var request = reader.ReadInt32();
        switch (request)
        {
            case Ok:
                CheckComplete();
                return true;
            case CleartextPassword or Md5Password:
                RefuseWithoutBinding("a plain password");
                RefuseWithoutScram("asks for the password itself");
                var password = FindPassword();
                var answer = request == Md5Password ? HashMd5(password, reader.ReadRest()) : password.Reveal();
                writer.Begin(MessageType.PasswordMessage).WriteText(answer).End();
                return false;
            case Sasl:
                StartScram(ref reader, writer);
                return false;
            case SaslContinue when _scram is not null:
                writer.Begin(MessageType.PasswordMessage).WriteBytes(_scram.ClientFinal(Encoding.UTF8.GetString(reader.ReadRest()))).End();
                return false;
            case SaslFinal when _scram is not null:
                _scram.VerifyServerFinal(Encoding.UTF8.GetString(reader.ReadRest()));
                return false;
            case SaslContinue or SaslFinal:
                throw reader.Violation("SASL message without an exchange");
            default:
                throw new OperationException(
                    ErrorCodes.AuthenticationFailed,
                    $"the server asks for authentication method {request}, which is not supported",
                    "use scram-sha-256 in pg_hba.conf");
        }
    }

    private void StartScram(ref BodyReader reader, WireWriter writer)
    {
        if (_scram is not null)
            throw reader.Violation("a second SASL exchange");
        var mechanisms = new List<string>();
        while (reader.Remaining > 1)
            mechanisms.Add(reader.ReadText());
        var wantsBinding = settings.ChannelBinding != ChannelBinding.Disable && isEncrypted && endPointHash is not null;
        _isBound = wantsBinding && mechanisms.Contains(ScramExchange.BindingMechanism, StringComparer.Ordinal);
        if (!_isBound)
            RefuseWithoutBinding("SCRAM without channel binding");
        if (!_isBound && !mechanisms.Contains(ScramExchange.Mechanism, StringComparer.Ordinal))
        {
            throw new OperationException(
                ErrorCodes.AuthenticationFailed,
                $"the server offers none of the SASL mechanisms that are supported, but {string.Join(", ", mechanisms.Take(8))}");
        }

        _scram = new ScramExchange(FindPassword(), _isBound ? endPointHash : null, wantsBinding, ScramExchange.CreateNonce());
        var first = _scram.ClientFirst();
        writer.Begin(MessageType.PasswordMessage)
            .WriteText(_isBound ? ScramExchange.BindingMechanism : ScramExchange.Mechanism)
            .WriteInt32(first.Length)
            .WriteBytes(first)
            .End();
    }

    private void CheckComplete()
    {
        if (_scram is { IsServerVerified: false })
            throw new OperationException(
                ErrorCodes.AuthenticationFailed, "the server skipped the end of SCRAM, so it did not prove to know the password");
        if (!_isBound)
            RefuseWithoutBinding("no authentication");
        if (_scram is null)
            RefuseWithoutScram("asks for nothing");
    }

    private void RefuseWithoutScram(string seen)
    {
        if (settings.RequiresScram)
            throw new OperationException(
                ErrorCodes.AuthenticationFailed,
                $"signing in as \"{key.User}\": the server {seen}, and does not prove to be the right one by SCRAM-SHA-256",
                "does another program answer at that address? Else its pg_hba.conf is not the cluster's");
    }

    private void RefuseWithoutBinding(string offered)
    {
        if (settings.ChannelBinding == ChannelBinding.Require)
            throw new OperationException(
                ErrorCodes.AuthenticationFailed,
                $"channel binding is required, and the server offers {offered}",
                "it needs TLS and scram-sha-256");
    }

    private Secret FindPassword()
    {
        if (settings.Password is { } given)
            return given;
        var answer = settings.PassFile is { } file ? PassFile.Find(file, key) : default;
        return answer.Password ?? throw new OperationException(
            ErrorCodes.AuthenticationFailed,
            $"the server asks for the password of \"{key.User}\", and none is known",
            answer.Problem ?? (settings.PassFile is { } looked
                ? $"add a line {key.Host}:{key.Port}:{key.Database}:{key.User}:PASSWORD to {looked}"
                : "name a password file"));
    }

    // "md5" + hex(md5(hex(md5(password + user)) + salt)), src/common/md5_common.c.
    private string HashMd5(Secret password, ReadOnlySpan<byte> salt)
    {
        if (salt.Length != 4)
            throw new OperationException(ErrorCodes.ProtocolViolation, $"MD5 salt of {salt.Length} bytes, 4 expected");
#pragma warning disable CA5351 // The server decides; 11-18 still know this method.
        var inner = Convert.ToHexStringLower(MD5.HashData(Encoding.UTF8.GetBytes(password.Reveal() + key.User)));
        return $"md5{Convert.ToHexStringLower(MD5.HashData([.. Encoding.ASCII.GetBytes(inner), .. salt]))}";
#pragma warning restore CA5351
    }
}
