using System.Globalization;

namespace Howdah.Postgres.DataDirectory;

/// <summary>The forks of a relation (PostgreSQL 11-18, src/common/relpath.c).</summary>
public enum RelationFork
{
    Main,
    FreeSpaceMap,
    VisibilityMap,
    Initialization,
}

/// <summary>
/// One file of a relation: <c>&lt;number&gt;[_fsm|_vm|_init][.&lt;segment&gt;]</c>. Only such files consist of pages with checksums.
/// </summary>
/// <param name="Number">The relation's file number, 1 … 2^32-1.</param>
/// <param name="Fork">Which fork.</param>
/// <param name="Segment">Which gigabyte of the fork, 0 for the first.</param>
public readonly record struct RelationFileName(uint Number, RelationFork Fork, uint Segment)
{
    /// <summary>Number of the first block of this file in its fork.</summary>
    public uint FirstBlock => Segment * PageHeader.BlocksPerSegment;

    // 32 bits of block number allow 32768 segments; a higher one cannot be a relation's.
    private const uint HighestSegment = (uint)(0x1_0000_0000 / PageHeader.BlocksPerSegment) - 1;

    /// <summary>Reads a file name without its directory; false for temporary relations and everything else.</summary>
    public static bool TryParse(ReadOnlySpan<char> name, out RelationFileName file)
    {
        file = default;
        uint segment = 0;
        var dot = name.IndexOf('.');
        if (dot >= 0)
        {
            if (!TryParseNumber(name[(dot + 1)..], out segment) || segment > HighestSegment)
                return false;
            name = name[..dot];
        }

        var fork = RelationFork.Main;
        var underscore = name.IndexOf('_');
        if (underscore >= 0)
        {
            if (!TryParseFork(name[(underscore + 1)..], out fork))
                return false;
            name = name[..underscore];
        }

        if (!TryParseNumber(name, out var number))
            return false;
        file = new RelationFileName(number, fork, segment);
        return true;
    }

    /// <summary>
    /// Recognises a relation's file by its path relative to the data directory: in <c>global/</c>, <c>base/&lt;db&gt;/</c> or
    /// <c>pg_tblspc/&lt;oid&gt;/PG_&lt;major&gt;_&lt;catalogue&gt;/&lt;db&gt;/</c>.
    /// </summary>
    public static bool TryParsePath(ReadOnlySpan<char> path, out RelationFileName file)
    {
        file = default;
        var slash = path.LastIndexOf('/');
        return slash > 0 && IsRelationDirectory(path[..slash]) && TryParse(path[(slash + 1)..], out file);
    }

    private static bool IsRelationDirectory(ReadOnlySpan<char> directory)
    {
        if (directory is "global")
            return true;
        if (directory.StartsWith("base/"))
            return TryParseNumber(directory["base/".Length..], out _);
        if (!directory.StartsWith("pg_tblspc/"))
            return false;
        var rest = directory["pg_tblspc/".Length..];
        var first = rest.IndexOf('/');
        var last = rest.LastIndexOf('/');
        return first > 0
            && last > first
            && TryParseNumber(rest[..first], out _)
            && rest[(first + 1)..last].StartsWith("PG_")
            && rest[(first + 1)..last].IndexOf('/') < 0
            && TryParseNumber(rest[(last + 1)..], out _);
    }

    private static bool TryParseFork(ReadOnlySpan<char> text, out RelationFork fork)
    {
        fork = text switch
        {
            "fsm" => RelationFork.FreeSpaceMap,
            "vm" => RelationFork.VisibilityMap,
            "init" => RelationFork.Initialization,
            _ => RelationFork.Main,
        };
        return fork != RelationFork.Main;
    }

    private static bool TryParseNumber(ReadOnlySpan<char> text, out uint number)
    {
        number = 0;
        return !text.IsEmpty && text[0] != '0' && uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }
}
