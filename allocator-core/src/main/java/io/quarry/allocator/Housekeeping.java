package io.quarry.allocator;

import io.quarry.checks.WatchedBlocks;
import io.quarry.heap.Heaps;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.ref.WeakReference;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * What the maintenance thread does for one allocator, or one arena. Holds the allocator weakly: one
 * that was forgotten without being closed is noticed, and logged, but never unmapped, since
 * somebody may still hold an address of it.
 */
final class Housekeeping {
  private static final Logger LOG = System.getLogger(SlabAllocator.class.getPackageName());

  /** How long an allocator may be forgotten before it is noticed. */
  private static final long MOST_DELAY_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final WeakReference<SlabAllocator> allocator;
  private final Heaps heaps;
  private final ArenaSettings settings;
  private final LongSupplier nanoClock;
  private final Pressure pressure;

  /** Null if no block is watched. */
  private final WatchedBlocks watched;

  /** Null if nobody can have blocks moved. */
  private final BackgroundCompaction compaction;

  /** When to be run, on the clock of {@link System#nanoTime()}; the maintenance thread's. */
  long dueNanos = System.nanoTime();

  /** Whether to be run as soon as possible. */
  volatile boolean woken;

  Housekeeping(
      final SlabAllocator allocator,
      final Heaps heaps,
      final ArenaSettings settings,
      final Pressure pressure,
      final WatchedBlocks watched,
      final BackgroundCompaction compaction) {
    this.allocator = new WeakReference<>(allocator);
    this.heaps = heaps;
    this.settings = settings;
    this.nanoClock = settings.nanoClock();
    this.pressure = pressure;
    this.watched = watched;
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
    final long pressureDelay = pressure.run();
    if (heaps.isClosed()) {
      return -1; // by a listener
    }
    final long compactionDelay = compaction == null ? MOST_DELAY_NANOS : compaction.run();
    if (watched != null) {
      watched.releaseFreedBefore(nanoClock.getAsLong() - settings.idleNanos());
    }
    final long delay =
        Math.min(heaps.housekeep(nanoClock.getAsLong(), settings.idleNanos()), heldBackDelay());
    reportMisuses();
    return Math.min(Math.min(delay, pressureDelay), Math.min(compactionDelay, MOST_DELAY_NANOS));
  }

  /** After the rest: a block that is held back from now on wakes the thread. */
  private long heldBackDelay() {
    final Long oldest = watched == null ? null : watched.oldestHeldBackNanos();
    return oldest == null
        ? MOST_DELAY_NANOS
        : Math.max(0, oldest + settings.idleNanos() - nanoClock.getAsLong());
  }

  /** Tells the listener of the misuses that it has not heard of. */
  void reportMisuses() {
    heaps.misuses().report(this::report);
  }

  private void report(final String description) {
    try {
      settings.misuseListener().misused(description);
    } catch (final RuntimeException | Error listenerFailed) {
      LOG.log(Level.WARNING, "misuse listener failed for: " + description, listenerFailed);
    }
  }

  private void forgotten() {
    heaps.retireEmpties();
    heaps.granules().returnIdle(nanoClock.getAsLong());
    heaps.granules().lock().lock();
    try {
      LOG.log(
          Level.WARNING,
          "an allocator with {0} mapped is unreachable and was not closed; its memory stays mapped,"
              + " for somebody may still hold an address of it",
          ByteSizes.format(heaps.granules().mappedBytes()));
    } finally {
      heaps.granules().lock().unlock();
    }
  }
}
