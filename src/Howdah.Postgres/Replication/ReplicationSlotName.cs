using System.Buffers;

namespace Howdah.Postgres.Replication;

/// <summary>What a replication slot may be called (PostgreSQL 11-18, slot.c, ReplicationSlotValidateName).</summary>
public static class ReplicationSlotName
{
    // NAMEDATALEN - 1.
    private const int MostCharacters = 63;

    private static readonly SearchValues<char> Characters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789_");

    /// <summary>Why <paramref name="name"/> cannot be one; null where it can.</summary>
    public static string? FindProblem(string name)
    {
        if (name.Length is 0 or > MostCharacters)
            return $"a slot name has 1 to {MostCharacters} characters, this one has {name.Length}";
        return name.AsSpan().ContainsAnyExcept(Characters) ? "a slot name may hold only lower case letters, digits and '_'" : null;
    }

    /// <summary>The slot name nearest to <paramref name="name"/>: small letters, <c>_</c> for what a slot's name may not hold.</summary>
    public static string From(string name) => string.Create(
        name.Length,
        name,
        static (slot, from) =>
        {
            for (var i = 0; i < slot.Length; i++)
                slot[i] = Characters.Contains(char.ToLowerInvariant(from[i])) ? char.ToLowerInvariant(from[i]) : '_';
        });
}
