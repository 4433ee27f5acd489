using System.Globalization;
using Howdah.Core.Errors;
using Howdah.Postgres.Versions;

namespace Howdah.Postgres.Wire;

/// <summary>Reads the parameter <c>server_version</c>: <c>15.18 (Debian 15.18-0+deb12u1)</c>, <c>18beta2</c>, <c>17.10</c>.</summary>
internal static class ServerVersionText
{
    public static PostgresVersion Parse(string text)
    {
        var majorEnd = text.AsSpan().IndexOfAnyExceptInRange('0', '9');
        var majorText = majorEnd < 0 ? text : text[..majorEnd];
        var minorText = "";
        if (majorEnd >= 0 && text[majorEnd] == '.')
        {
            var rest = text[(majorEnd + 1)..];
            var minorEnd = rest.AsSpan().IndexOfAnyExceptInRange('0', '9');
            minorText = minorEnd < 0 ? rest : rest[..minorEnd];
        }

        if (!int.TryParse(majorText, NumberStyles.None, CultureInfo.InvariantCulture, out var major) || major is < 1 or > 999)
            throw new OperationException(
                ErrorCodes.ProtocolViolation, $"server_version \"{(text.Length > 64 ? text[..64] : text)}\" is not a version");
        _ = int.TryParse(minorText, NumberStyles.None, CultureInfo.InvariantCulture, out var minor);
        return new PostgresVersion((major * 10000) + Math.Min(minor, 9999));
    }
}
