package io.quarry.heap;

import io.quarry.slab.SampleGap;
import io.quarry.slab.SizeClasses;
import io.quarry.slab.Slab;

/**
 * Finds the blocks of one heap that are to be samples, without a counter on the fast path: where a
 * sample lies among the candidates that a slab checks out, they are cut off before it. So the next
 * block has to be asked for on the slow path, where it is found to be due. Used as the heap itself
 * is, by its owner only.
 */
final class Samples {
  /** Java-heap bytes of one, about. */
  static final long BYTES = 40 + 8L * SizeClasses.COUNT;

  private final long intervalBytes;

  /** Blocks of each class to be checked out before one that is due. */
  private final long[] untilDue = new long[SizeClasses.COUNT];

  private boolean due;

  /** The mean distance of samples, in bytes. */
  Samples(final long intervalBytes) {
    this.intervalBytes = intervalBytes;
    for (int sizeClass = 0; sizeClass < untilDue.length; sizeClass++) {
      untilDue[sizeClass] = draw(sizeClass);
    }
  }

  private long draw(final int sizeClass) {
    return SampleGap.draw(intervalBytes, SizeClasses.bytes(sizeClass));
  }

  /** {@link Slab#reload}, up to the next sample. The caller takes a candidate at once. */
  boolean reload(final Slab slab) {
    if (!slab.reload()) {
      return false;
    }
    final int sizeClass = slab.sizeClass();
    if (untilDue[sizeClass] == 0) {
      due = true;
      slab.keepCandidates(1);
      untilDue[sizeClass] = draw(sizeClass);
    } else {
      untilDue[sizeClass] -= slab.keepCandidates(untilDue[sizeClass]);
    }
    return true;
  }

  /** Whether the next block that is checked out of a slab is a sample. */
  boolean isDue(final Slab slab) {
    return untilDue[slab.sizeClass()] == 0;
  }

  /** To be called before {@link Slab#putBack}: what was not issued may be asked for again. */
  void putBack(final Slab slab) {
    if (slab.candidates() > 0) {
      untilDue[slab.sizeClass()] += slab.candidates();
    }
  }

  /** Whether the block that was taken since the last {@link #reload} is a sample. */
  boolean takeDue() {
    final boolean wasDue = due;
    due = false;
    return wasDue;
  }
}
