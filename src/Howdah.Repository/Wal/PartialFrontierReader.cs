using Howdah.Core.Wal;

namespace Howdah.Repository.Wal;

/// <summary>
/// Reads an unfinished segment and finds the byte after its last complete WAL record: from the segment's start (nothing valid) to
/// its end. Knowing WAL's inside is the business of Howdah.Postgres, so the repository is given this.
/// </summary>
public delegate Lsn PartialFrontierReader(WalSegment segment, string path);
