using Howdah.Core.Errors;

namespace Howdah.Storage;

/// <summary>
/// What a file holds, read again once the file has changed; what could not be read leaves the last that could. Thread-safe.
/// </summary>
/// <remarks>Asked for at every connection: a look at the file's size and time, which our files change with each rename.</remarks>
public sealed class WatchedFile<T>
    where T : class
{
    private readonly Lock _gate = new();
    private readonly string _path;
    private readonly Func<T> _read;
    private readonly Action<OperationException> _failed;
    private (DateTime Written, long Length) _stamp;
    private T _value;

    /// <param name="path">The file; it need not exist.</param>
    /// <param name="read">Reads and interprets it.</param>
    /// <param name="failed">Hears why a changed file could not be read; it is tried again at the next look.</param>
    /// <exception cref="OperationException">It cannot be read now.</exception>
    public WatchedFile(string path, Func<T> read, Action<OperationException> failed)
    {
        _path = path;
        _read = read;
        _failed = failed;
        // First the stamp: a change between the two is seen at the next look.
        _stamp = Stamp(path);
        _value = read();
    }

    /// <summary>What the file holds now. A value that is replaced is not disposed of: somebody may be at it.</summary>
    public T Current
    {
        get
        {
            lock (_gate)
            {
                var stamp = Stamp(_path);
                if (stamp == _stamp)
                    return _value;
                try
                {
                    _value = _read();
                    _stamp = stamp;
                }
                catch (OperationException failure)
                {
                    _failed(failure);
                }

                return _value;
            }
        }
    }

    private static (DateTime Written, long Length) Stamp(string path)
    {
        var file = new FileInfo(path);
        return file.Exists ? (file.LastWriteTimeUtc, file.Length) : default;
    }
}
