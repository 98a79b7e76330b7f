package io.quarry.slab;

/**
 * What every thread reads that frees a block of a slab, and that hardly ever changes.
 *
 * <p><b>Layout.</b> The JVM lays out the fields of a superclass before those of a subclass. So this
 * is the first line of cache of a {@link Slab}, {@link SlabRecords}, which few look at, the second,
 * and the last what the owner writes with each block it issues: a thread that frees blocks of a
 * slab, on another processor, does not fetch a line that the owner has just written, and take it
 * away from there, with each of them.
 */
abstract class SlabFace {
  // As small as they may be: there may be a slab for each 64 KiB.
  final byte sizeClass;
  final short blockCount;
  final long blockBytes;
  final long reciprocal;
  final long[] remote;

  long base;
  long[] free;
  SlabOwner fastOwner = SlabOwner.NOBODY;
  SlabOwner owner;

  @SuppressWarnings("unused") // Slab.STATE
  int state;

  @SuppressWarnings("unused") // Slab.TOKEN
  int token;

  SlabFace(final int sizeClass, final long blockBytes, final int blockCount, final long[] remote) {
    this.sizeClass = (byte) sizeClass;
    this.blockBytes = blockBytes;
    this.blockCount = (short) blockCount;
    this.reciprocal = BlockIndex.reciprocal(blockBytes, blockCount);
    this.remote = remote;
  }
}
