using Howdah.Core.Errors;

namespace Howdah.Cluster.Execution;

/// <summary>What failed last of something that is tried again and again: told once, until it is over or something else fails.</summary>
internal sealed class LastFailure
{
    private string? _message;

    /// <summary>Notes it; true where it is not what failed the time before.</summary>
    public bool IsNews(OperationException failure)
    {
        var isNews = !string.Equals(failure.Message, _message, StringComparison.Ordinal);
        _message = failure.Message;
        return isNews;
    }

    /// <summary>It went well.</summary>
    public void Clear() => _message = null;
}
