namespace Howdah.Operations.Backup.Tar;

internal enum TarMemberKind
{
    File,
    Directory,
    SymbolicLink,
}

/// <summary>What a tar header says about one member.</summary>
/// <param name="Kind">Only these three are accepted.</param>
/// <param name="Path">As in the archive but for a leading <c>./</c> and a trailing slash; safe to put below a directory.</param>
/// <param name="Size">Bytes that follow; 0 for all but files.</param>
/// <param name="Mode">Permission bits.</param>
/// <param name="Modified">To the second.</param>
/// <param name="LinkTarget">Where a symbolic link points.</param>
internal sealed record TarMember(
    TarMemberKind Kind, string Path, long Size, UnixFileMode Mode, DateTimeOffset Modified, string? LinkTarget);
