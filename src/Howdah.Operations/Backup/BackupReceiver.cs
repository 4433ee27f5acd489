using System.Globalization;
using Howdah.Core.Errors;
using Howdah.Core.Wal;
using Howdah.Operations.Backup.Tar;
using Howdah.Postgres.DataDirectory;
using Howdah.Postgres.Replication;

namespace Howdah.Operations.Backup;

/// <summary>Whether pages are checked, and by which start position.</summary>
internal readonly record struct PageCheckPlan(bool Enabled, Lsn BackupStart);

/// <summary>Carries the messages of one base backup into a sink, hashing and checking on the way. Used by one task.</summary>
internal sealed class BackupReceiver : IAsyncDisposable
{
    private readonly IBackupSink _sink;
    private readonly ProgressMeter _meter;
    private readonly PageVerifier? _pages;
    private readonly ReceivedFiles _received = new();
    private readonly bool _writesManifest;
    private Stream? _manifest;
    private BackupManifestWriter? _manifestWriter;
    private TarDecoder? _archive;
    private readonly Dictionary<TablespaceInfo, long> _bytesOf = [];
    private TablespaceInfo? _tablespace;
    private string _prefix = "";
    private BackupFile? _file;
    private uint _crc;

    /// <summary>Told of the time that the server stamps the label with.</summary>
    public required ServerClock Clock { get; init; }

    public BackupReceiver(IBackupSink sink, ProgressMeter meter, PageCheckPlan pages, bool writesManifest)
    {
        _sink = sink;
        _meter = meter;
        _pages = pages.Enabled ? new PageVerifier(pages.BackupStart) : null;
        _writesManifest = writesManifest;
    }

    public long Files => _received.Count;

    public long Bytes => _received.Bytes;

    public BackupTablespace Describe(TablespaceInfo tablespace) =>
        new(tablespace.Oid!.Value, tablespace.Location ?? "", _bytesOf.GetValueOrDefault(tablespace));

    public long PagesChecked => _pages?.PagesChecked ?? 0;

    public long ChecksumFailureCount => _pages?.FailureCount ?? 0;

    public IReadOnlyList<PageChecksumFailure> ChecksumFailures => _pages?.Failures ?? [];

    /// <summary>Receives until the server has ended the backup.</summary>
    public async Task<BaseBackupEnd> ReceiveAsync(BaseBackupStream stream, CancellationToken cancellationToken)
    {
        if (_writesManifest)
            OpenOwnManifest();
        await using var stopping = cancellationToken.UnsafeRegister(static stream => ((BaseBackupStream)stream!).StopReading(), stream);
        try
        {
            return await ReceiveAllAsync(stream, cancellationToken);
        }
        catch (OperationException e) when (cancellationToken.IsCancellationRequested && e.Code == ErrorCodes.ConnectionLost)
        {
            throw new OperationCanceledException("the backup was cancelled", e, cancellationToken);
        }
    }

    private async Task<BaseBackupEnd> ReceiveAllAsync(BaseBackupStream stream, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (!stream.TryReadData(out var message))
                message = await stream.ReadAsync(cancellationToken);
            switch (message.Kind)
            {
                case BaseBackupMessageKind.ArchiveData:
                    await UnpackAsync(message.Bytes, cancellationToken);
                    break;
                case BaseBackupMessageKind.ArchiveStart:
                    StartArchive(message.Tablespace!);
                    break;
                case BaseBackupMessageKind.ManifestStart when !_writesManifest && _manifest is null:
                    EndArchive();
                    _manifest = _sink.CreateManifest();
                    break;
                case BaseBackupMessageKind.ManifestData when _manifest is not null:
                    await _manifest.WriteAsync(message.Bytes, cancellationToken);
                    break;
                case BaseBackupMessageKind.Progress:
                    break;
                case BaseBackupMessageKind.End:
                    EndArchive();
                    return message.End!;
                default:
                    throw new OperationException(ErrorCodes.ProtocolViolation, $"the server sent {message.Kind} out of place");
            }
        }
    }

    /// <summary>Ends the manifest and compares everything received with it; answers the WAL that the backup needs.</summary>
    public IReadOnlyList<ManifestWalRange> Complete(LsnRange range, TimelineId timeline, CancellationToken cancellationToken)
    {
        _pages?.Complete(range.End);
        if (_manifest is null)
            throw new OperationException(ErrorCodes.BackupFailed, "the server sent no backup manifest");
        _manifestWriter?.Complete([new ManifestWalRange(timeline, range)]);
        _manifest.Dispose();
        using var written = _sink.OpenManifest();
        return _received.VerifyAgainst(written, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        _manifestWriter?.Dispose();
        if (_manifest is not null)
            await _manifest.DisposeAsync();
    }

    private void OpenOwnManifest()
    {
        _manifest = _sink.CreateManifest();
        _manifestWriter = new BackupManifestWriter(_manifest, system: null);
    }

    private void StartArchive(TablespaceInfo tablespace)
    {
        EndArchive();
        _tablespace = tablespace;
        _prefix = tablespace.Oid is { } oid ? string.Create(CultureInfo.InvariantCulture, $"pg_tblspc/{oid}/") : "";
        _archive = new TarDecoder(
            tablespace.Oid is null ? "base.tar" : string.Create(CultureInfo.InvariantCulture, $"{tablespace.Oid}.tar"));
    }

    private void EndArchive()
    {
        _archive?.Complete();
        _archive = null;
    }

    private async ValueTask UnpackAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        Invariant.Check(_archive is not null);
        _meter.Add(bytes.Length);
        while (_archive.TryRead(ref bytes, out var part))
        {
            switch (part.Kind)
            {
                case TarPartKind.Data when _file is not null:
                    _crc = Crc32C.Append(_crc, part.Data.Span);
                    _pages?.Append(part.Data.Span);
                    await _sink.WriteAsync(part.Data, cancellationToken);
                    break;
                case TarPartKind.Member:
                    await BeginMemberAsync(part.Member!, cancellationToken);
                    break;
                case TarPartKind.EndOfMember when _file is not null:
                    await EndFileAsync(cancellationToken);
                    break;
            }
        }
    }

    private async ValueTask BeginMemberAsync(TarMember member, CancellationToken cancellationToken)
    {
        var path = _prefix + member.Path;
        switch (member.Kind)
        {
            case TarMemberKind.Directory:
                await _sink.AddDirectoryAsync(path, cancellationToken);
                break;
            case TarMemberKind.File when path == BackupManifest.FileName:
                // Of the backup that the server itself came from; 13 and later leave it out (basebackup.c, excludeFiles). Ours has its own.
                break;
            case TarMemberKind.File:
                if (path == BackupLabel.FileName)
                    Clock.Note(member.Modified);
                _file = new BackupFile(path, member.Size, member.Modified);
                _crc = Crc32C.Start;
                _pages?.BeginFile(path);
                await _sink.BeginFileAsync(_file, cancellationToken);
                break;
            default:
                // We asked for tablespace_map, so the server has no reason to send a link; writing through one could lead anywhere.
                throw new OperationException(
                    ErrorCodes.ProtocolViolation, $"the server sent a symbolic link '{path}' to '{member.LinkTarget}'");
        }
    }

    private async ValueTask EndFileAsync(CancellationToken cancellationToken)
    {
        var file = _file!;
        _file = null;
        await _sink.EndFileAsync(cancellationToken);
        var crc = Crc32C.Finish(_crc);
        _received.Add(file.Path, file.Size, crc);
        _bytesOf[_tablespace!] = _bytesOf.GetValueOrDefault(_tablespace!) + file.Size;
        _manifestWriter?.Add(ManifestFile.WithCrc32C(file.Path, file.Size, file.Modified, crc));
    }
}
