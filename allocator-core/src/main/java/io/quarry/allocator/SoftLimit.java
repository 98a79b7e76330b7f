package io.quarry.allocator;

import io.quarry.heap.Heaps;
import io.quarry.region.Gauge;
import io.quarry.region.Geometry;
import io.quarry.region.Regions;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Keeps the mapped bytes below a limit as far as that costs nobody anything: returns what is idle,
 * and compacts. For the maintenance thread.
 */
final class SoftLimit {
  private static final long COMPACTION_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  /** However often the limit is crossed, memory is not returned more often than this. */
  private static final long LEAST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  /**
   * Of what is left to the capacity, the part that may be taken before the listeners hear again.
   */
  private static final int PART_OF_THE_REST = 8;

  private final Heaps heaps;
  private final Regions regions;
  private final long limit;
  private final long capacity;
  private final LongSupplier nanoClock;

  /** Null if nobody can have blocks moved. */
  private final BackgroundCompaction compaction;

  private final Gauge.Mark mark;
  private boolean due;
  private boolean exceeded;
  private long pausedUntilNanos;

  SoftLimit(
      final Heaps heaps,
      final Regions regions,
      final long limitBytes,
      final long capacityBytes,
      final LongSupplier nanoClock,
      final BackgroundCompaction compaction) {
    this.heaps = heaps;
    this.regions = regions;
    this.limit = Geometry.granulesFor(limitBytes);
    this.capacity = Geometry.granulesFor(capacityBytes);
    this.nanoClock = nanoClock;
    this.compaction = compaction;
    pausedUntilNanos = nanoClock.getAsLong();
    regions.lock().lock();
    try {
      mark = regions.mappedGauge().mark(limit + 1, limit + 1);
    } finally {
      regions.lock().unlock();
    }
  }

  void onAlarm(final Runnable wake) {
    regions.mappedGauge().onAlarm(wake);
  }

  long bytes() {
    return Geometry.bytesOf(limit);
  }

  /** Whether {@link #run} has found that it is exceeded and cannot be helped; asked once. */
  boolean takeExceeded() {
    final boolean was = exceeded;
    exceeded = false;
    return was;
  }

  /**
   * Does what is due.
   *
   * @return in how many nanoseconds to call again
   */
  long run() {
    due |= takeReached();
    if (!due) {
      return Long.MAX_VALUE;
    }
    final long pause = pausedUntilNanos - nanoClock.getAsLong();
    if (pause > 0) {
      return pause;
    }
    due = false;
    trim();
    if (mapped() > limit && compaction != null) {
      compaction.runAtOnce(COMPACTION_NANOS);
      trim();
    }
    exceeded = mapped() > limit;
    armAgain();
    pausedUntilNanos = nanoClock.getAsLong() + LEAST_PAUSE_NANOS;
    return Long.MAX_VALUE;
  }

  private void trim() {
    heaps.retireEmpties();
    regions.returnIdle(nanoClock.getAsLong());
  }

  private long mapped() {
    regions.lock().lock();
    try {
      return regions.mappedGauge().shown();
    } finally {
      regions.lock().unlock();
    }
  }

  private boolean takeReached() {
    regions.lock().lock();
    try {
      return regions.mappedGauge().takeReached(mark);
    } finally {
      regions.lock().unlock();
    }
  }

  private void armAgain() {
    regions.lock().lock();
    try {
      final Gauge gauge = regions.mappedGauge();
      final long rest = capacity - gauge.shown();
      gauge.armAt(mark, gauge.shown() + Math.max(1, rest / PART_OF_THE_REST));
    } finally {
      regions.lock().unlock();
    }
  }
}
