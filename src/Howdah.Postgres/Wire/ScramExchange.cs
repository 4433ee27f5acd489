using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Howdah.Core.Errors;
using Howdah.Core.Units;

namespace Howdah.Postgres.Wire;

/// <summary>
/// The client's side of one SCRAM-SHA-256(-PLUS) exchange: proves the password to the server and has the server prove that
/// it knows the verifier.
/// </summary>
/// <remarks>
/// RFC 5802, RFC 7677, channel binding tls-server-end-point RFC 5929; PostgreSQL 11-18, src/interfaces/libpq/fe-auth-scram.c.
/// </remarks>
internal sealed class ScramExchange
{
    public const string Mechanism = "SCRAM-SHA-256";
    public const string BindingMechanism = "SCRAM-SHA-256-PLUS";

    // 250 times the default of 4096. A lying server could otherwise keep us hashing for minutes.
    private const int MostIterations = 1_000_000;

    private readonly string _password;
    private readonly string _bindingHeader;
    private readonly byte[] _bindingData;
    private readonly string _nonce;
    private byte[]? _expectedSignature;

    /// <param name="password">Prepared by <see cref="SaslPrep"/> here.</param>
    /// <param name="endPointHash">For -PLUS: hash of the server's certificate; otherwise null.</param>
    /// <param name="couldBind">TLS is on and the client would have bound the channel, had the server offered it.</param>
    /// <param name="nonce">Printable ASCII without comma, unpredictable.</param>
    public ScramExchange(Secret password, byte[]? endPointHash, bool couldBind, string nonce)
    {
        _password = SaslPrep.Prepare(password.Reveal());
        _bindingData = endPointHash ?? [];
        _bindingHeader = endPointHash is not null ? "p=tls-server-end-point,," : couldBind ? "y,," : "n,,";
        _nonce = nonce;
    }

    /// <summary>True once the server has proved itself.</summary>
    public bool IsServerVerified { get; private set; }

    private string ClientFirstBare => $"n=,r={_nonce}";

    public static string CreateNonce() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(18));

    public byte[] ClientFirst() => Encoding.UTF8.GetBytes(_bindingHeader + ClientFirstBare);

    /// <summary>Answers the server's first message.</summary>
    /// <exception cref="OperationException"><see cref="ErrorCodes.ProtocolViolation"/> with the character where the message is
    /// wrong.</exception>
    public byte[] ClientFinal(string serverFirst)
    {
        // A second proof under another salt would help nobody but who wants to guess the password.
        if (_expectedSignature is not null)
            throw Malformed("a second challenge", 0);
        var (nonce, salt, iterations) = ParseServerFirst(serverFirst);
        var salted = Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(_password), salt, iterations, HashAlgorithmName.SHA256, 32);
        var clientKey = HMACSHA256.HashData(salted, "Client Key"u8);
        var binding = Convert.ToBase64String([.. Encoding.ASCII.GetBytes(_bindingHeader), .. _bindingData]);
        var withoutProof = $"c={binding},r={nonce}";
        var authMessage = Encoding.UTF8.GetBytes($"{ClientFirstBare},{serverFirst},{withoutProof}");
        var proof = HMACSHA256.HashData(SHA256.HashData(clientKey), authMessage);
        for (var i = 0; i < proof.Length; i++)
            proof[i] ^= clientKey[i];
        _expectedSignature = HMACSHA256.HashData(HMACSHA256.HashData(salted, "Server Key"u8), authMessage);
        CryptographicOperations.ZeroMemory(salted);
        return Encoding.ASCII.GetBytes($"{withoutProof},p={Convert.ToBase64String(proof)}");
    }

    /// <summary>Checks the server's last message.</summary>
    /// <exception cref="OperationException">The server does not know the password's verifier: it is not the one it claims to
    /// be.</exception>
    public void VerifyServerFinal(string serverFinal)
    {
        if (serverFinal.StartsWith("e=", StringComparison.Ordinal))
            throw new OperationException(ErrorCodes.AuthenticationFailed, $"the server ended SCRAM with error \"{Cut(serverFinal[2..])}\"");
        var attributes = new ScramAttributes(serverFinal);
        var signature = Decode(attributes.Take('v'), "the server's signature", attributes.ValueStart);
        if (_expectedSignature is null || !CryptographicOperations.FixedTimeEquals(signature, _expectedSignature))
        {
            throw new OperationException(
                ErrorCodes.AuthenticationFailed,
                "the server's SCRAM signature is wrong: it does not know this role's password",
                "make sure that this is your server and not one in between");
        }

        IsServerVerified = true;
    }

    private (string Nonce, byte[] Salt, int Iterations) ParseServerFirst(string text)
    {
        var attributes = new ScramAttributes(text);
        var nonce = attributes.Take('r');
        if (!nonce.StartsWith(_nonce, StringComparison.Ordinal) || nonce.Length == _nonce.Length)
            throw Malformed("the server's nonce does not extend ours", attributes.ValueStart);
        var salt = Decode(attributes.Take('s'), "the salt", attributes.ValueStart);
        var count = attributes.Take('i');
        return int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out var iterations)
            && iterations is >= 1 and <= MostIterations
                ? (nonce, salt, iterations)
                : throw Malformed($"iteration count \"{Cut(count)}\" is not a number from 1 to {MostIterations}", attributes.ValueStart);
    }

    private static byte[] Decode(string base64, string what, int position)
    {
        try
        {
            return Convert.FromBase64String(base64);
        }
        catch (FormatException)
        {
            throw Malformed($"{what} is not base64", position);
        }
    }

    private static string Cut(string text) => text.Length > 64 ? text[..64] : text;

    private static OperationException Malformed(string problem, int position) =>
        new(
            ErrorCodes.ProtocolViolation,
            $"malformed SCRAM message: {problem} at character {position}",
            "is this a PostgreSQL server?");

    /// <summary>Takes the attributes of a message, <c>x=value,y=value</c>, in the order that RFC 5802 gives them.</summary>
    private ref struct ScramAttributes(string text)
    {
        private int _next;

        /// <summary>Where the value that was taken last begins.</summary>
        public int ValueStart { get; private set; }

        public string Take(char name)
        {
            var rest = text.AsSpan(Math.Min(_next, text.Length));
            if (rest.Length < 2 || rest[0] != name || rest[1] != '=')
                throw Malformed($"expected {name}=…", text.Length - rest.Length);
            var comma = rest.IndexOf(',');
            var end = comma < 0 ? rest.Length : comma;
            ValueStart = _next + 2;
            _next += end + 1;
            return rest[2..end].ToString();
        }
    }
}
