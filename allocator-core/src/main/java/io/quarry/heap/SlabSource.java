package io.quarry.heap;

import io.quarry.region.GranuleSupply;
import io.quarry.region.Refusal;
import io.quarry.region.Run;
import io.quarry.slab.SizeClasses;
import io.quarry.slab.Slab;
import io.quarry.slab.SlabDirectory;
import io.quarry.slab.SlabRegister;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * Makes slabs of granules, and granules of slabs again. The register of all slabs changes in the
 * same critical section as the granules do: whoever holds the lock of the {@link GranuleSupply}
 * sees books that balance.
 *
 * <p><b>The end.</b> {@link #close} retires all slabs, whatever is live in them, and from then on
 * nothing is made or retired here. Threads that are in the middle of something, with a slab in hand
 * that was made current or claimed, find that out under the lock, and what they still do to their
 * slab is done to a Java object that nobody cares for.
 */
final class SlabSource {
  private static final int CLOSED_AT_ONCE = 256;

  private final GranuleSupply granules;
  private final LongSupplier nanoClock;
  private final Runnable granulesFellIdle;
  private final SlabRegister register = new SlabRegister();

  /** Blocks ever issued by slabs that are retired, by class; the last is for large blocks. */
  private final long[] retiredMallocs = new long[SizeClasses.COUNT + 1];

  private long metadataBytes;
  private boolean closed;

  SlabSource(
      final GranuleSupply granules, final LongSupplier nanoClock, final Runnable granulesFellIdle) {
    this.granules = granules;
    this.nanoClock = nanoClock;
    this.granulesFellIdle = granulesFellIdle;
  }

  /**
   * Copies a piece of the register of all slabs.
   *
   * @return how many were copied; 0 if there are none from there on
   */
  int copySlabs(final int from, final Slab[] into) {
    granules.lock().lock();
    try {
      return register.copy(from, into);
    } finally {
      granules.lock().unlock();
    }
  }

  /** Blocks ever issued by slabs that are retired. */
  long retiredMallocs() {
    granules.lock().lock();
    try {
      long sum = 0;
      for (final long ofRow : retiredMallocs) {
        sum += ofRow;
      }
      return sum;
    } finally {
      granules.lock().unlock();
    }
  }

  GranuleSupply granules() {
    return granules;
  }

  /** Whether all is over. To be called under the lock. */
  boolean isClosed() {
    return closed;
  }

  long now() {
    return nanoClock.getAsLong();
  }

  /**
   * Takes granules for a slab, and publishes it.
   *
   * @param alignment in granules, a power of two
   * @return null, or why there are none
   */
  Refusal carve(final Slab slab, final long count, final int alignment) {
    return carve(slab, count, alignment, granules::take);
  }

  /** As {@link #carve}, but leaves what is kept for compaction. */
  Refusal carveLeavingHeadroom(final Slab slab, final long count) {
    return carve(slab, count, 1, granules::takeLeavingHeadroom);
  }

  private interface Way {
    Refusal take(Run run, long granules, int alignment);
  }

  private Refusal carve(final Slab slab, final long count, final int alignment, final Way way) {
    final ReentrantLock lock = granules.lock();
    lock.lock();
    try {
      if (closed) {
        return Refusal.CLOSED;
      }
      register.reserveOne();
      final Refusal refusal = way.take(slab.run(), count, alignment);
      if (refusal != null) {
        return refusal;
      }
      if (closed) { // while the lock was let go of
        granules.give(slab.run(), now());
        return Refusal.CLOSED;
      }
      slab.place();
      enter(slab);
      return null;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Retires a slab if all its blocks are free and nobody allocates from it. By any thread.
   *
   * @return whether this call did it
   */
  boolean retireIfEmpty(final Slab slab) {
    if (!claimIfEmpty(slab)) {
      return false;
    }
    retire(slab, now());
    return true;
  }

  /**
   * Takes a slab out of circulation if all its blocks are free: then nobody but the caller changes
   * it any more.
   */
  boolean claimIfEmpty(final Slab slab) {
    while (slab.isEmpty()) {
      if (!slab.claim()) {
        return false; // current, or somebody else is at it
      }
      if (slab.isEmpty()) {
        return true;
      }
      // It was current for a moment in between. The owner may have passed over it meanwhile.
      slab.unclaim();
      Heap.announce(slab);
    }
    return false;
  }

  /** Lets go of a slab that the caller has claimed, and that others may have emptied meanwhile. */
  void letGo(final Slab slab) {
    slab.unclaim();
    // The owner may have passed it over meanwhile, and who freed its last block could not claim it.
    Heap.announce(slab);
    retireIfEmpty(slab);
  }

  /** Retires a slab that the caller has claimed. */
  void retire(final Slab slab, final long emptySinceNanos) {
    final ReentrantLock lock = granules.lock();
    lock.lock();
    try {
      if (closed) {
        return; // it is retired already, or will be in a moment
      }
      leave(slab);
      slab.retire();
      granules.give(slab.run(), emptySinceNanos);
    } finally {
      lock.unlock();
    }
    granulesFellIdle();
  }

  /** Counts a block as free from now on, though its slab keeps it. By any thread. */
  void holdBack(final Slab slab) {
    granules.lock().lock();
    try {
      slab.holdBack();
    } finally {
      granules.lock().unlock();
    }
  }

  /** Frees a block that was held back; whoever counts sees it as free before and after. */
  void freeHeldBack(final Slab slab, final int index) {
    granules.lock().lock();
    try {
      slab.freeHeldBack(index);
    } finally {
      granules.lock().unlock();
    }
  }

  /**
   * Retires all slabs, whatever is live in them: at the cost of the slabs, not of their blocks. A
   * piece at a time, so that others need not wait for all of it. Idempotent.
   */
  void close() {
    boolean more = true;
    while (more) {
      granules.lock().lock();
      try {
        closed = true;
        final long now = now();
        for (int i = 0; i < CLOSED_AT_ONCE && register.size() > 0; i++) {
          final Slab slab = register.last();
          leave(slab);
          slab.abandon();
          granules.give(slab.run(), now);
        }
        more = register.size() > 0;
      } finally {
        granules.lock().unlock();
      }
      granulesFellIdle();
    }
  }

  /** Takes over what a closed source has issued. To be called under the lock. */
  void absorb(final SlabSource other) {
    for (int row = 0; row < retiredMallocs.length; row++) {
      retiredMallocs[row] += other.retiredMallocs[row];
    }
  }

  /** Counts for less what was issued to move blocks to. To be called under the lock. */
  void addRetiredMallocs(final int row, final long count) {
    retiredMallocs[row] += count;
  }

  /** Says that granules fell idle. To be called without the lock. */
  void granulesFellIdle() {
    granulesFellIdle.run();
  }

  /** Publishes a slab and takes it into the books. To be called under the lock. */
  void enter(final Slab slab) {
    SlabDirectory.put(slab);
    slab.run().describe(slab.blockBytes());
    register.add(slab);
    metadataBytes += slab.metadataBytes();
  }

  /** Takes it out again; what it issued is remembered. To be called under the lock. */
  void leave(final Slab slab) {
    retiredMallocs[Census.rowOf(slab)] += slab.mallocCount();
    register.remove(slab);
    metadataBytes -= slab.metadataBytes();
  }

  /** Counts all slabs, and what retired ones issued. To be called under the lock. */
  void countInto(final Census census) {
    register.forEach(census::count);
    for (int row = 0; row < retiredMallocs.length; row++) {
      census.addMallocs(row, retiredMallocs[row]);
    }
    census.addMetadata(metadataBytes + register.metadataBytes());
  }
}
