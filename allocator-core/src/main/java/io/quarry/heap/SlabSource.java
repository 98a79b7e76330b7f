package io.quarry.heap;

import io.quarry.region.Refusal;
import io.quarry.region.Regions;
import io.quarry.region.Run;
import io.quarry.slab.SizeClasses;
import io.quarry.slab.Slab;
import io.quarry.slab.SlabDirectory;
import io.quarry.slab.SlabRegister;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * Makes slabs of granules, and granules of slabs again. The register of all slabs changes in the
 * same critical section as the granules do: whoever holds the lock of the {@link Regions} sees
 * books that balance.
 */
final class SlabSource {
  private final Regions regions;
  private final LongSupplier nanoClock;
  private final Runnable granulesFellIdle;
  private final SlabRegister register = new SlabRegister();

  /** Blocks ever issued by slabs that are retired, by class; the last is for large blocks. */
  private final long[] retiredMallocs = new long[SizeClasses.COUNT + 1];

  private long metadataBytes;

  SlabSource(final Regions regions, final LongSupplier nanoClock, final Runnable granulesFellIdle) {
    this.regions = regions;
    this.nanoClock = nanoClock;
    this.granulesFellIdle = granulesFellIdle;
  }

  /**
   * Copies a piece of the register of all slabs.
   *
   * @return how many were copied; 0 if there are none from there on
   */
  int copySlabs(final int from, final Slab[] into) {
    regions.lock().lock();
    try {
      return register.copy(from, into);
    } finally {
      regions.lock().unlock();
    }
  }

  /** Blocks ever issued by slabs that are retired. */
  long retiredMallocs() {
    regions.lock().lock();
    try {
      long sum = 0;
      for (final long ofRow : retiredMallocs) {
        sum += ofRow;
      }
      return sum;
    } finally {
      regions.lock().unlock();
    }
  }

  Regions regions() {
    return regions;
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
  Refusal carve(final Slab slab, final long granules, final int alignment) {
    return carve(slab, granules, alignment, regions::take);
  }

  /** As {@link #carve}, but leaves what is kept for compaction. */
  Refusal carveLeavingHeadroom(final Slab slab, final long granules) {
    return carve(slab, granules, 1, regions::takeLeavingHeadroom);
  }

  private interface Way {
    Refusal take(Run run, long granules, int alignment);
  }

  private Refusal carve(final Slab slab, final long granules, final int alignment, final Way way) {
    final ReentrantLock lock = regions.lock();
    lock.lock();
    try {
      register.reserveOne();
      final Refusal refusal = way.take(slab.run(), granules, alignment);
      if (refusal == null) {
        slab.place();
        enter(slab);
      }
      return refusal;
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
    final ReentrantLock lock = regions.lock();
    lock.lock();
    try {
      leave(slab);
      slab.retire();
      regions.give(slab.run(), emptySinceNanos);
    } finally {
      lock.unlock();
    }
    granulesFellIdle();
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
