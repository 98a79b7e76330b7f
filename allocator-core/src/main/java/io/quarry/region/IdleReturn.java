package io.quarry.region;

import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * Returns idle granules to the kernel: those that were idle for long enough, as the {@link
 * IdlePolicy} says, and those that stand in the way of a request at the limit.
 *
 * <p><b>Threads.</b> Idle granules <em>leave</em> under the lock of the {@link Regions}, the kernel
 * is called, and they <em>arrive</em> under the lock again, as a hole, fresh, or idle as before. In
 * between nobody finds them, and they count as mapped. {@link #returnIdle} lets go of the lock for
 * the call, and takes at most {@value #MOST_GRANULES_AT_ONCE} granules at a time: a thread that
 * wants a run does not wait for the kernel to free gigabytes of pages. One that needs the room of
 * what is leaving waits for it to arrive.
 */
final class IdleReturn {
  private static final int MOST_GRANULES_AT_ONCE = 128;

  private final ReentrantLock lock;
  private final Condition arrived;
  private final RegionTable regions;
  private final Mapper mapper;
  private final Ledger ledger;
  private final LongSupplier nanoClock;
  private final IdlePolicy policy;

  IdleReturn(
      final ReentrantLock lock,
      final RegionTable regions,
      final Mapper mapper,
      final Ledger ledger,
      final LongSupplier nanoClock,
      final IdlePolicy policy) {
    this.lock = lock;
    this.arrived = lock.newCondition();
    this.regions = regions;
    this.mapper = mapper;
    this.ledger = ledger;
    this.nanoClock = nanoClock;
    this.policy = policy;
  }

  /**
   * Returns to the kernel what was idle since the given time or longer. To be called
   * <em>without</em> the lock.
   *
   * @return the bytes returned
   */
  long returnIdle(final long idleSinceNanos) {
    if (policy == IdlePolicy.KEEP) {
      return 0;
    }
    long returned = 0;
    for (final Region region : snapshot()) {
      returned += returnIdleOf(region, idleSinceNanos);
    }
    return returned;
  }

  private List<Region> snapshot() {
    lock.lock();
    try {
      return regions.snapshot();
    } finally {
      lock.unlock();
    }
  }

  private long returnIdleOf(final Region region, final long idleSinceNanos) {
    long returned = 0;
    int from = 0;
    while (true) {
      final int count;
      final boolean unmap;
      lock.lock();
      try {
        from = regions.isClosed() ? -1 : region.nextDue(from, idleSinceNanos);
        if (from < 0) {
          regions.dropIfDeserted(region);
          return Geometry.bytesOf(returned);
        }
        count = region.endOfDue(from, idleSinceNanos, MOST_GRANULES_AT_ONCE) - from;
        unmap = policy == IdlePolicy.UNMAP && mayUnmap(region, from, count);
        ledger.leave(region, from, count);
      } finally {
        lock.unlock();
      }
      Outcome outcome = Outcome.REFUSED;
      try {
        outcome = returnToKernel(region, from, count, unmap);
      } finally {
        lock.lock();
        try {
          if (arrive(region, from, count, outcome)) {
            returned += count;
          }
        } finally {
          lock.unlock();
        }
      }
      from += count;
    }
  }

  private boolean mayUnmap(final Region region, final int first, final int count) {
    return region.mappingsAddedByUnmapping(first, count) <= 0 || ledger.allowsHole();
  }

  /**
   * Returns idle granules, however short they were idle, until so many are gone; or waits for some
   * that are leaving. To be called under the lock, which is released only while waiting.
   *
   * @return false if there is nothing to be had
   */
  boolean makeRoom(final long granules) {
    if (ledger.leaving() > 0) {
      arrived.awaitUninterruptibly();
      return true;
    }
    if (ledger.idle() == 0 || policy == IdlePolicy.KEEP) {
      return false;
    }
    long returned = 0;
    final long now = nanoClock.getAsLong();
    for (final Region region : regions) {
      if (returned >= granules) {
        break;
      }
      returned += makeRoomIn(region, granules - returned, now);
    }
    return returned > 0;
  }

  private long makeRoomIn(final Region region, final long wanted, final long now) {
    long returned = 0;
    int from = region.nextDue(0, now);
    while (from >= 0 && returned < wanted) {
      final int most = (int) Math.min(wanted - returned, MOST_GRANULES_AT_ONCE);
      final int count = region.endOfDue(from, now, most) - from;
      ledger.leave(region, from, count);
      Outcome outcome = Outcome.REFUSED;
      try {
        // Mapped they may stay: it is memory that is short here, not address space.
        outcome = returnToKernel(region, from, count, false);
      } finally {
        if (arrive(region, from, count, outcome)) {
          returned += count;
        }
      }
      from = region.nextDue(from + count, now);
    }
    return returned;
  }

  /** Waits until nothing is leaving. To be called under the lock, which is released meanwhile. */
  void awaitArrivals() {
    while (ledger.leaving() > 0) {
      arrived.awaitUninterruptibly();
    }
  }

  private enum Outcome {
    UNMAPPED,
    DISCARDED,
    REFUSED
  }

  /**
   * Tries one way, then the other: locked memory cannot be discarded, a full table not unmapped.
   */
  private Outcome returnToKernel(
      final Region region, final int first, final int count, final boolean unmap) {
    final long address = region.addressOf(first);
    final long bytes = Geometry.bytesOf(count);
    if (unmap && mapper.giveBack(region, address, bytes)) {
      return Outcome.UNMAPPED;
    }
    if (mapper.discard(region, address, bytes)) {
      return Outcome.DISCARDED;
    }
    if (!unmap && policy == IdlePolicy.UNMAP && mapper.giveBack(region, address, bytes)) {
      return Outcome.UNMAPPED;
    }
    return Outcome.REFUSED;
  }

  /** Takes what left to where it is now, and says whether the kernel has it. */
  private boolean arrive(
      final Region region, final int first, final int count, final Outcome outcome) {
    arrived.signalAll();
    switch (outcome) {
      case UNMAPPED -> ledger.unmapped(region, first, count);
      case DISCARDED -> ledger.discarded(region, first, count);
      // Kept, and tried again after another idle time.
      case REFUSED -> ledger.refused(region, first, count, nanoClock.getAsLong());
    }
    return outcome != Outcome.REFUSED;
  }

  /**
   * When the oldest idle granule fell idle. Takes the lock.
   *
   * @return null if none is idle or none will be returned
   */
  Long oldestIdleNanos() {
    lock.lock();
    try {
      if (ledger.idle() == 0 || policy == IdlePolicy.KEEP || regions.isClosed()) {
        return null;
      }
      Long oldest = null;
      for (final Region region : regions) {
        if (region.idleCount() > 0) {
          final long since = region.oldestIdleNanos();
          oldest = oldest == null || since - oldest < 0 ? Long.valueOf(since) : oldest;
        }
      }
      return oldest;
    } finally {
      lock.unlock();
    }
  }
}
