using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Howdah.Core.Errors;

namespace Howdah.Cluster.Trust;

/// <summary>What <c>revoked.json</c> holds.</summary>
internal sealed record RevocationFile(int Format, IReadOnlyList<RevokedCertificate> Revoked);

/// <summary>What <c>tokens.json</c> holds.</summary>
internal sealed record TokenFile(int Format, IReadOnlyList<TokenRecord> Tokens);

/// <summary>What <c>issued.json</c> holds.</summary>
internal sealed record IssuedFile(int Format, IReadOnlyList<IssuedCertificate> Issued);

/// <summary>Objects of the trust directory, generated at build time so that the native binary needs no reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    WriteIndented = true,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(RevocationFile))]
[JsonSerializable(typeof(TokenFile))]
[JsonSerializable(typeof(IssuedFile))]
internal sealed partial class TrustJson : JsonSerializerContext
{
    /// <exception cref="OperationException"><see cref="ErrorCodes.TrustFileInvalid"/> with line and column; it quotes nothing.</exception>
    public static T Read<T>(ReadOnlySpan<byte> json, string source, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(json, type) ?? throw new JsonException("the object is null");
        }
        catch (JsonException exception)
        {
            throw TrustFiles.Invalid(
                source, $"not valid at line {exception.LineNumber + 1}, byte {exception.BytePositionInLine}", exception);
        }
    }

    public static byte[] Write<T>(T value, JsonTypeInfo<T> type) => [.. JsonSerializer.SerializeToUtf8Bytes(value, type), (byte)'\n'];
}
