package io.quarry.heap;

import io.quarry.region.Geometry;
import io.quarry.slab.SizeClasses;
import java.util.Arrays;

/**
 * Which medium classes a thread uses so much that it is to have a slab of its own for them. Such a
 * slab holds four blocks or more, up to 4 MiB, so there are few at a time: a class gets one after
 * 64 blocks that the thread had to get from shared heaps, if there is room, and loses it when a
 * term ends in which nothing was allocated from it. A term is 1,024 blocks from shared heaps: a
 * thread that gets all it wants from its own slabs has no reason to choose anew.
 *
 * <p>For the owner of a heap, as that is.
 */
final class MediumUse {

  /** The most slabs of medium classes to have at a time. */
  static final int MOST_SLABS = 8;

  /** Java-heap bytes of one, about. */
  static final long BYTES = 500;

  private static final int CLASSES = SizeClasses.COUNT - SizeClasses.SMALL_COUNT;
  private static final int MUCH = 64;
  private static final int TERM = 1024;

  private final long mostBytes;
  private final short[] borrowed = new short[CLASSES];
  private final long[] issuedBefore = new long[CLASSES];
  private int borrowedInTerm;

  /**
   * Nothing used yet.
   *
   * @param mostBytes no larger slab is to be had
   */
  MediumUse(final long mostBytes) {
    this.mostBytes = mostBytes;
  }

  /**
   * Counts a block that is not there in a slab of the thread's own.
   *
   * @return whether the class is used so much that it is to have one
   */
  boolean borrows(final int sizeClass) {
    borrowedInTerm++;
    return Geometry.bytesOf(SizeClasses.granules(sizeClass)) <= mostBytes
        && ++borrowed[sizeClass - SizeClasses.SMALL_COUNT] > MUCH;
  }

  /** Whether to look now for slabs that rest; a new term begins then. */
  boolean isTermOver() {
    if (borrowedInTerm < TERM) {
      return false;
    }
    borrowedInTerm = 0;
    Arrays.fill(borrowed, (short) 0);
    return true;
  }

  /** Whether the slab of a class has issued nothing since this was asked last. */
  boolean hasRested(final int sizeClass, final long issued) {
    final int place = sizeClass - SizeClasses.SMALL_COUNT;
    final boolean rested = issuedBefore[place] == issued;
    issuedBefore[place] = issued;
    return rested;
  }
}
