package io.quarry.allocator;

import io.quarry.heap.Heaps;
import io.quarry.region.Regions;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.ref.WeakReference;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * What the maintenance thread does for one allocator. Holds the allocator weakly: one that was
 * forgotten without being closed is noticed, and logged, but never unmapped, since somebody may
 * still hold an address of it.
 */
final class Housekeeping {
  private static final Logger LOG = System.getLogger(SlabAllocator.class.getPackageName());

  /** How long an allocator may be forgotten before it is noticed. */
  private static final long MOST_DELAY_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final WeakReference<SlabAllocator> allocator;
  private final Heaps heaps;
  private final Regions regions;
  private final long idleNanos;
  private final LongSupplier nanoClock;
  private final MisuseListener misuseListener;

  /** Null if nobody can have blocks moved. */
  private final BackgroundCompaction compaction;

  /** When to be run, on the clock of {@link System#nanoTime()}; the maintenance thread's. */
  long dueNanos = System.nanoTime();

  /** Whether to be run as soon as possible. */
  volatile boolean woken;

  Housekeeping(
      final SlabAllocator allocator,
      final Heaps heaps,
      final Regions regions,
      final long idleNanos,
      final LongSupplier nanoClock,
      final MisuseListener misuseListener,
      final BackgroundCompaction compaction) {
    this.allocator = new WeakReference<>(allocator);
    this.heaps = heaps;
    this.regions = regions;
    this.idleNanos = idleNanos;
    this.nanoClock = nanoClock;
    this.misuseListener = misuseListener;
    this.compaction = compaction;
  }

  /**
   * Does what is due.
   *
   * @return in how many nanoseconds to call again; negative if never
   */
  long run() {
    if (heaps.isClosed()) {
      return -1;
    }
    if (allocator.refersTo(null)) {
      forgotten();
      return -1;
    }
    final long compactionDelay = compaction == null ? MOST_DELAY_NANOS : compaction.run();
    final long delay = heaps.housekeep(nanoClock.getAsLong(), idleNanos);
    heaps.misuses().report(this::report);
    return Math.min(Math.min(delay, compactionDelay), MOST_DELAY_NANOS);
  }

  private void report(final String description) {
    try {
      misuseListener.misused(description);
    } catch (final RuntimeException | Error listenerFailed) {
      LOG.log(Level.WARNING, "misuse listener failed for: " + description, listenerFailed);
    }
  }

  private void forgotten() {
    heaps.retireEmpties();
    regions.returnIdle(nanoClock.getAsLong());
    regions.lock().lock();
    try {
      LOG.log(
          Level.WARNING,
          "an allocator with {0} mapped is unreachable and was not closed; its memory stays mapped,"
              + " for somebody may still hold an address of it",
          ByteSizes.format(regions.mappedBytes()));
    } finally {
      regions.lock().unlock();
    }
  }
}
