package io.quarry.allocator;

/**
 * What a compaction has done. The slabs that it emptied are idle now: they are reused, or returned
 * to the kernel after the idle time or by {@link SlabAllocator#trim()}.
 *
 * @param blocksMoved number of blocks that are at a new address
 * @param bytesMoved usable bytes of those blocks
 * @param blocksRefused number of blocks for which the relocator said no
 * @param slabsFreed number of slabs that were emptied
 * @param bytesFreed bytes of those slabs; what was mapped for the moved blocks is not deducted
 * @param batches number of times that readers were awaited
 * @param outcome why it ended
 */
public record CompactionResult(
    long blocksMoved,
    long bytesMoved,
    long blocksRefused,
    long slabsFreed,
    long bytesFreed,
    long batches,
    Outcome outcome) {

  /** Why a compaction ended. */
  public enum Outcome {
    /** There was nothing more to be gained, but for slabs that are left alone for a while. */
    COMPLETE,
    /** The bytes or the time that it was given were spent; more is to be gained. */
    BUDGET_SPENT,
    /** At the limit, and not one block could be moved. */
    OUT_OF_ROOM
  }

  /** Explicit, as for all public types. */
  public CompactionResult {}
}
