namespace Howdah.Repository.Json;

/// <summary>An object of the repository whose values can be of their types and still make no sense.</summary>
internal interface ICheckedRecord
{
    /// <summary>Which property is wrong, and how; null where none is.</summary>
    string? FindProblem();
}
