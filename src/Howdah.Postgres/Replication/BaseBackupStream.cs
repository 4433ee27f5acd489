using Howdah.Core.Errors;
using Howdah.Core.Wal;
using Howdah.Postgres.Wire;

namespace Howdah.Postgres.Replication;

/// <summary>
/// A running BASE_BACKUP as one sequence of messages: up to 14 the server sends one raw copy an archive and one for the
/// manifest, from 15 on a single typed copy. Used by one caller at a time; disposing it before the end aborts the backup
/// and breaks the connection.
/// </summary>
/// <remarks>PostgreSQL documentation 53.4, BASE_BACKUP.</remarks>
public sealed class BaseBackupStream : IAsyncDisposable
{
    private const string Command = "BASE_BACKUP";

    private readonly WireConnection _wire;
    private readonly bool _isTyped;
    private readonly bool _hasManifest;
    private readonly ArchiveSequence _archives;
    private int _copies;
    private bool _isInCopy;
    private ServerMessage? _control;
    private bool _isOver;

    private BaseBackupStream(WireConnection wire, BaseBackupOptions options, BackupHead head)
    {
        _wire = wire;
        _isTyped = wire.ServerVersion.Facts.HasParenthesizedOptions;
        _hasManifest = options.ManifestChecksums is not null && wire.ServerVersion.Facts.HasBackupManifest;
        (StartLsn, StartTimeline, Tablespaces) = (head.Start, head.Timeline, head.Tablespaces);
        _archives = new ArchiveSequence(Tablespaces, _hasManifest);
    }

    /// <summary>The redo point: WAL from here on is needed.</summary>
    public Lsn StartLsn { get; }

    public TimelineId StartTimeline { get; }

    /// <summary>In the order of their archives; the data directory (no OID) comes last.</summary>
    public IReadOnlyList<TablespaceInfo> Tablespaces { get; }

    /// <summary>The next message; none after <see cref="BaseBackupMessageKind.End"/>.</summary>
    /// <exception cref="OperationException">The server gave up, or the connection broke: nothing of the backup counts.</exception>
    public async ValueTask<BaseBackupMessage> ReadAsync(CancellationToken cancellationToken)
    {
        Invariant.Check(!_isOver);
        while (true)
        {
            var message = _control ?? await _wire.ReadAsync(cancellationToken);
            _control = null;
            switch (message.Type)
            {
                case MessageType.CopyData when _isInCopy:
                    return Read(message);
                case MessageType.CopyOutResponse when !_isInCopy && _copies < ExpectedCopies:
                    _isInCopy = true;
                    _copies++;
                    if (_isTyped)
                        break;
                    return _archives.StartRaw();
                case MessageType.CopyDone when _isInCopy:
                    _isInCopy = false;
                    break;
                case MessageType.RowDescription when !_isInCopy && _copies == ExpectedCopies:
                case MessageType.ErrorResponse:
                    return await FinishAsync(message, cancellationToken);
                default:
                    throw _wire.Unexpected(message, Command);
            }
        }
    }

    /// <summary>
    /// The next message while data flows, waiting on the calling thread, in the kernel; false where <see cref="ReadAsync"/> must be
    /// asked next. Measured: the asynchronous path spends as much CPU on waking threads as on the bytes.
    /// </summary>
    public bool TryReadData(out BaseBackupMessage message)
    {
        Invariant.Check(!_isOver);
        message = default;
        while (_isInCopy && _control is null)
        {
            var raw = _wire.Reader.Take();
            if (_wire.Absorb(raw))
                continue;
            if (raw.Type != MessageType.CopyData)
            {
                _control = raw;
                break;
            }

            message = Read(raw);
            return true;
        }

        return false;
    }

    /// <summary>Makes a waiting <see cref="TryReadData"/> fail as if the server had closed the connection; from any thread.</summary>
    public void StopReading() => _wire.StopReading();

    public ValueTask DisposeAsync()
    {
        if (!_isOver)
            _wire.Abort();
        _isOver = true;
        return ValueTask.CompletedTask;
    }

    private int ExpectedCopies => _isTyped ? 1 : Tablespaces.Count + (_hasManifest ? 1 : 0);

    private BaseBackupMessage Read(ServerMessage message) => _isTyped ? _archives.ReadTyped(message) : _archives.ReadRaw(message);

    internal static async Task<BaseBackupStream> OpenAsync(
        WireConnection wire, BaseBackupOptions options, CancellationToken cancellationToken)
    {
        var head = await BackupHead.ReadAsync(wire, cancellationToken);
        return new BaseBackupStream(wire, options, head);
    }

    private async Task<BaseBackupMessage> FinishAsync(ServerMessage first, CancellationToken cancellationToken)
    {
        var tail = new CommandTail(_wire, Command);
        if (!tail.Handle(first))
            await tail.ReadAsync(cancellationToken);
        _isOver = true;
        // Damaged pages are told after everything else was delivered; any other error means that something is missing.
        if (tail.Error is not { SqlState: SqlStates.DataCorrupted } || tail.Row.Length == 0)
            tail.ThrowIfError();
        _archives.Complete();
        return new BaseBackupMessage(BaseBackupMessageKind.End, End: ReadEnd(tail));
    }

    private BaseBackupEnd ReadEnd(CommandTail tail)
    {
        var row = new RowText(tail.Row, Command);
        var warnings = _wire.Notices.Select(notice => notice.ToString()).ToList();
        if (_wire.NoticesDropped > 0)
            warnings.Add($"{_wire.NoticesDropped} more warnings");
        return new BaseBackupEnd(row.Lsn(0), row.Timeline(1), warnings, tail.Error?.ToString());
    }
}
