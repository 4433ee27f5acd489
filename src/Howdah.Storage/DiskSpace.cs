namespace Howdah.Storage;

/// <summary>
/// Room on the filesystem that holds a path, in bytes; "free" is what an unprivileged user may still take (statvfs f_bavail).
/// </summary>
public readonly record struct DiskSpace(long FreeBytes, long TotalBytes)
{
    /// <param name="path">A file or directory; where it does not exist, its nearest existing parent counts.</param>
    public static DiskSpace Of(string path)
    {
        var existing = Path.GetFullPath(path);
        while (!Path.Exists(existing))
            existing = Path.GetDirectoryName(existing)!;
        var drive = new DriveInfo(existing);
        return new DiskSpace(drive.AvailableFreeSpace, drive.TotalSize);
    }
}
