using System.Globalization;
using Howdah.Core.Errors;
using Howdah.Postgres.Wire;

namespace Howdah.Postgres.Replication;

/// <summary>
/// Follows the copied data of one base backup: every archive that was announced comes once, then the manifest where one was asked for.
/// Anything else is a protocol violation. Used by one caller at a time.
/// </summary>
/// <remarks>PostgreSQL documentation 53.4, BASE_BACKUP; src/backend/backup/basebackup_copy.c.</remarks>
internal sealed class ArchiveSequence(IReadOnlyList<TablespaceInfo> announced, bool expectsManifest)
{
    private readonly bool[] _isStarted = new bool[announced.Count];
    private readonly Dictionary<string, int> _indexes = IndexByName(announced);
    private int _started;
    private bool _isInManifest;

    /// <summary>Up to 14: the next copy begins. What it holds follows from their order.</summary>
    public BaseBackupMessage StartRaw()
    {
        if (_started < announced.Count)
            return StartArchive(_started);
        Invariant.Check(expectsManifest && !_isInManifest);
        return StartManifest();
    }

    /// <summary>Up to 14: the content of a message.</summary>
    public BaseBackupMessage ReadRaw(ServerMessage message) => Data(message.Body);

    /// <summary>15 and later: one message of the typed stream.</summary>
    /// <exception cref="OperationException"><see cref="ErrorCodes.ProtocolViolation"/> with the offset in the message.</exception>
    public BaseBackupMessage ReadTyped(ServerMessage message)
    {
        var reader = new BodyReader(message);
        var type = reader.ReadByte();
        switch (type)
        {
            case (byte)'d' when _started > 0:
                return Data(message.Body[1..]);
            case (byte)'n' when !_isInManifest:
                return StartArchive(FindNext(ref reader));
            case (byte)'m' when expectsManifest && !_isInManifest && _started == announced.Count:
                return StartManifest();
            case (byte)'p':
                return new BaseBackupMessage(BaseBackupMessageKind.Progress, BytesDone: (long)Math.Min(reader.ReadUInt64(), long.MaxValue));
            default:
                throw reader.Violation($"backup data of kind {MessageType.Show(type)} after {Seen}");
        }
    }

    /// <summary>The server says that it has sent everything.</summary>
    /// <exception cref="OperationException"><see cref="ErrorCodes.ProtocolViolation"/>: it has not.</exception>
    public void Complete()
    {
        if (_started < announced.Count || _isInManifest != expectsManifest)
            throw new OperationException(ErrorCodes.ProtocolViolation, $"the server ended the base backup after {Seen}");
    }

    private string Seen => string.Create(
        CultureInfo.InvariantCulture, $"{_started} of {announced.Count} archives and {(_isInManifest ? "the" : "no")} manifest");

    // The name decides nothing on our disk: it must be one of those that the list announced.
    private int FindNext(ref BodyReader reader)
    {
        var archive = reader.ReadText();
        if (!_indexes.TryGetValue(archive, out var index))
            throw reader.Violation($"archive \"{(archive.Length > 64 ? archive[..64] : archive)}\", which the server did not announce,");
        return _isStarted[index] ? throw reader.Violation($"archive \"{archive}\" for the second time") : index;
    }

    private BaseBackupMessage StartArchive(int index)
    {
        _isStarted[index] = true;
        _started++;
        return new BaseBackupMessage(BaseBackupMessageKind.ArchiveStart, announced[index]);
    }

    private BaseBackupMessage StartManifest()
    {
        _isInManifest = true;
        return new BaseBackupMessage(BaseBackupMessageKind.ManifestStart);
    }

    private BaseBackupMessage Data(ReadOnlyMemory<byte> bytes) =>
        new(_isInManifest ? BaseBackupMessageKind.ManifestData : BaseBackupMessageKind.ArchiveData, Bytes: bytes);

    private static Dictionary<string, int> IndexByName(IReadOnlyList<TablespaceInfo> announced)
    {
        var indexes = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < announced.Count; i++)
            indexes.Add(announced[i].Oid is { } oid ? string.Create(CultureInfo.InvariantCulture, $"{oid}.tar") : "base.tar", i);
        return indexes;
    }
}
