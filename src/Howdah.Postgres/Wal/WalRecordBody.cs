using System.Buffers.Binary;

namespace Howdah.Postgres.Wal;

/// <summary>Finds the main data of a record that refers to no block (PostgreSQL 11-18, src/include/access/xlogrecord.h).</summary>
internal static class WalRecordBody
{
    private const byte ShortData = 255;
    private const byte LongData = 254;
    private const byte Origin = 253;
    private const byte TopLevelTransaction = 252;

    /// <summary>The main data, or its beginning where the prefix ends first; empty where the record refers to blocks or is
    /// malformed.</summary>
    public static ReadOnlySpan<byte> MainData(ReadOnlySpan<byte> body)
    {
        while (!body.IsEmpty)
        {
            switch (body[0])
            {
                case Origin when body.Length > 3:
                    body = body[3..];
                    break;
                case TopLevelTransaction when body.Length > 5:
                    body = body[5..];
                    break;
                case ShortData when body.Length > 2:
                    return body.Slice(2, Math.Min(body[1], body.Length - 2));
                case LongData when body.Length > 5:
                    return body.Slice(5, (int)Math.Min(BinaryPrimitives.ReadUInt32LittleEndian(body[1..]), (uint)body.Length - 5));
                default:
                    return [];
            }
        }

        return [];
    }
}
