using System.Buffers;
using System.IO.Pipelines;

namespace Howdah.Cluster.Agents;

/// <summary>Lines of a stream that somebody else writes, none longer than a limit: memory stays below twice that.</summary>
internal sealed class BoundedLines(Stream stream, int longest) : IAsyncDisposable
{
    private readonly PipeReader _pipe = PipeReader.Create(stream);

    /// <summary>The next line without its end; null where there is no more.</summary>
    /// <exception cref="IOException">It is longer than the limit.</exception>
    public async Task<byte[]?> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await _pipe.ReadAsync(cancellationToken);
            if (read.Buffer.PositionOf((byte)'\n') is { } end)
            {
                var line = read.Buffer.Slice(0, end);
                RequireShort(line.Length);
                var content = line.ToArray();
                _pipe.AdvanceTo(read.Buffer.GetPosition(1, end));
                return content;
            }

            RequireShort(read.Buffer.Length);
            if (read.IsCompleted)
                return null;
            _pipe.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    public ValueTask DisposeAsync() => _pipe.CompleteAsync();

    private void RequireShort(long length)
    {
        if (length > longest)
            throw new IOException($"a line has more than {longest} bytes");
    }
}
