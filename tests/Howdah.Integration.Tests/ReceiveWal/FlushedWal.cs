using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Howdah.Core.Wal;

namespace Howdah.Integration.Tests.ReceiveWal;

/// <summary>A position that a receiver reported as flushed, and how far fdatasync had returned for all of the WAL by then.</summary>
internal readonly record struct AcknowledgedPosition(Lsn Reported, Lsn Flushed);

/// <summary>Follows a receiver's system calls: which WAL it wrote, which was flushed after that, and what it reported when.</summary>
internal sealed partial class FlushedWal(WalSegmentSize size)
{
    // What a receiver reserves ahead of a trickle is larger than any message, and zero. It holds no WAL.
    private static readonly string Zeroes = $"\"{string.Concat(Enumerable.Repeat("\\x00", SystemCallTrace.StringBytes))}\"";

    private readonly Dictionary<int, List<LsnRange>> _flushing = [];
    private readonly List<LsnRange> _written = [];
    private Lsn? _start;

    public List<AcknowledgedPosition> Acknowledged { get; } = [];

    /// <summary>What was written, and flushed after that.</summary>
    public IReadOnlyList<LsnRange> Flushed { get; private set; } = [];

    /// <summary>Calls of fdatasync that failed.</summary>
    public int Failed { get; private set; }

    public void Add(TracedCall call)
    {
        switch (call)
        {
            case { Name: "pwrite64", Moment: CallMoment.Ended, Result: > 0 } when FindRange(call) is { } range:
                Flushed = [.. Flushed.SelectMany(flushed => LsnRanges.Subtract(flushed, [range]))];
                _written.Add(range);
                break;
            case { Name: "fdatasync", Moment: CallMoment.Begun } when FindSegment(call) is { } segment:
                _flushing[call.Thread] = [.. _written.Where(range => segment.Start <= range.Start && range.End <= segment.End)];
                break;
            case { Name: "fdatasync", Moment: CallMoment.Ended } when _flushing.Remove(call.Thread, out var ranges):
                Finish(ranges, isFlushed: call.Result == 0);
                break;
            case { Name: "sendto", Moment: CallMoment.Begun } when FindReported(call) is { } reported:
                _start ??= reported;
                Acknowledged.Add(new AcknowledgedPosition(reported, LsnRanges.Reaching(Flushed, _start.Value)?.End ?? _start.Value));
                break;
        }
    }

    /// <remarks>
    /// After a failure the kernel may take the pages for clean, and the next fdatasync succeeds without having written them: only what is
    /// written again can be flushed again.
    /// </remarks>
    private void Finish(List<LsnRange> ranges, bool isFlushed)
    {
        _written.RemoveAll(ranges.Contains);
        if (isFlushed)
            Flushed = LsnRanges.Normalize(Flushed.Concat(ranges));
        else
            Failed++;
    }

    private WalSegment? FindSegment(TracedCall call)
    {
        var path = Path().Match(call.Arguments);
        return path.Success && WalSegment.TryParse(FileNameOf(path), size, out var segment) ? segment : null;
    }

    private LsnRange? FindRange(TracedCall call)
    {
        if (FindSegment(call) is not { } segment || call.Arguments.Contains(Zeroes, StringComparison.Ordinal))
            return null;
        var offset = ulong.Parse(call.Arguments[(call.Arguments.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture);
        return new LsnRange(segment.Start + offset, segment.Start + offset + (ulong)call.Result);
    }

    /// <summary>CopyData of 38 bytes and kind 'r': written, flushed, applied, time, reply wanted.</summary>
    private static Lsn? FindReported(TracedCall call)
    {
        var status = Status().Match(call.Arguments);
        return status.Success ? new Lsn(BinaryPrimitives.ReadUInt64BigEndian(Decode(status.Groups["flushed"].Value))) : null;
    }

    private static string FileNameOf(Match path) =>
        System.IO.Path.GetFileNameWithoutExtension(Encoding.UTF8.GetString(Decode(path.Groups["path"].Value)));

    private static byte[] Decode(string escaped) => Convert.FromHexString(escaped.Replace("\\x", "", StringComparison.Ordinal));

    [GeneratedRegex(@"^\d+<(?<path>(\\x[0-9a-f]{2})+)>")]
    private static partial Regex Path();

    [GeneratedRegex(@"""\\x64\\x00\\x00\\x00\\x26\\x72(\\x[0-9a-f]{2}){8}(?<flushed>(\\x[0-9a-f]{2}){8})")]
    private static partial Regex Status();
}
