using Howdah.Core.Units;

namespace Howdah.Cluster.Rendering;

/// <summary>
/// How much WAL one slot may hold back before the server gives the slot up rather than the disk (<c>max_slot_wal_keep_size</c>).
/// </summary>
public static class SlotBudget
{
    /// <summary>Four times the default wal_segment_size: below that, a slot would be lost at every checkpoint.</summary>
    private const long Smallest = 64L << 20;

    /// <summary>
    /// At most 30 % of the volume and half of what is free now. Slots hold back the same WAL, not each their own, so their number
    /// does not count; but on one machine the standby's and the repository's copies grow on the same disk, so a third is left of it.
    /// </summary>
    public static ByteSize Derive(ByteSize volume, ByteSize free, bool copiesOnSameVolume)
    {
        var budget = Math.Min(volume.Bytes / 10 * 3, free.Bytes / 2);
        if (copiesOnSameVolume)
            budget /= 3;
        return new ByteSize(Math.Max(budget, Smallest) >> 20 << 20);
    }
}
