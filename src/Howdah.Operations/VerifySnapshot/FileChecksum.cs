using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using Howdah.Core.Errors;
using Howdah.Postgres.DataDirectory;
using Microsoft.Win32.SafeHandles;

namespace Howdah.Operations.VerifySnapshot;

/// <summary>The checksum of a file's content, in the bytes that a manifest prints.</summary>
internal static class FileChecksum
{
    private const int BlockBytes = 1 << 20;

    /// <exception cref="OperationException"><see cref="ErrorCodes.FileFormatInvalid"/>: SHA-224, which nothing here writes.</exception>
    public static byte[] Compute(SafeFileHandle file, ManifestChecksumAlgorithm algorithm, CancellationToken cancellationToken)
    {
        if (algorithm == ManifestChecksumAlgorithm.None)
            return [];
        using var hash = algorithm == ManifestChecksumAlgorithm.Crc32C ? null : IncrementalHash.CreateHash(NameOf(algorithm));
        var crc = Crc32C.Start;
        var block = ArrayPool<byte>.Shared.Rent(BlockBytes);
        try
        {
            for (long offset = 0; ;)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var read = RandomAccess.Read(file, block.AsSpan(0, BlockBytes), offset);
                if (read == 0)
                    break;
                crc = hash is null ? Crc32C.Append(crc, block.AsSpan(0, read)) : crc;
                hash?.AppendData(block, 0, read);
                offset += read;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(block);
        }

        if (hash is not null)
            return hash.GetHashAndReset();
        var bytes = new byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Crc32C.Finish(crc));
        return bytes;
    }

    private static HashAlgorithmName NameOf(ManifestChecksumAlgorithm algorithm) => algorithm switch
    {
        ManifestChecksumAlgorithm.Sha256 => HashAlgorithmName.SHA256,
        ManifestChecksumAlgorithm.Sha384 => HashAlgorithmName.SHA384,
        ManifestChecksumAlgorithm.Sha512 => HashAlgorithmName.SHA512,
        _ => throw new OperationException(ErrorCodes.FileFormatInvalid, $"a manifest with {algorithm} checksums cannot be verified"),
    };
}
