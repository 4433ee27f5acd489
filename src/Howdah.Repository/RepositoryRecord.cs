namespace Howdah.Repository;

/// <summary><c>repository.json</c>: makes a directory a repository. Written once.</summary>
internal sealed record RepositoryRecord(int Format, string Id, DateTimeOffset Created)
{
    internal const int CurrentFormat = 1;
    internal const string FileName = "repository.json";
}
