package io.quarry.slab;

import io.quarry.region.Run;

/**
 * What is read and written now and then: links, and what others remember of a slab. It keeps {@link
 * SlabFace} and the owner's fields apart.
 */
abstract class SlabRecords extends SlabFace {
  final Run run = new Run();

  /** One bit a block, set while it was never issued since the kernel mapped it; 0 if not known. */
  long untouched;

  // Links of the owner's lists and queue, and of the register of all slabs; see there.
  Slab previousListed;
  Slab nextListed;
  SlabList list;
  Slab nextQueued;
  int placeInRegister;

  /** See {@link Slab#holdBack}. */
  int heldBack;

  /** What the maintenance agent remembers of it; most slabs never have one. */
  Rest rest;

  /** 0 if compaction need not leave it alone. */
  long leftAloneUntilNanos;

  @SuppressWarnings(
      "unused") // so that what comes next is a line of cache away from what was before
  private int apart;

  SlabRecords(
      final int sizeClass, final long blockBytes, final int blockCount, final long[] remote) {
    super(sizeClass, blockBytes, blockCount, remote);
  }
}
