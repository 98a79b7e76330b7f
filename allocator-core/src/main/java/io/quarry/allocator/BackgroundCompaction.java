package io.quarry.allocator;

import io.quarry.heap.Compaction;
import io.quarry.heap.CompactionPlan;
import io.quarry.heap.Compactor;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Compaction by the maintenance thread, in slices of a few milliseconds, so that the thread can see
 * to other things in between. Looks how well the slabs are used; makes a plan where they are used
 * by less than the target; carries it out.
 *
 * <p>Under load the target is the user's. Once nothing is allocated or freed between two looks,
 * things are quiet, and what is live now stays live: then it is worth to copy more, and the target
 * rises most of the way to one.
 *
 * <p>To look costs a pass over all slabs. While there is nothing to do, it is done ever more
 * seldom.
 */
final class BackgroundCompaction {
  private static final Logger LOG = System.getLogger(SlabAllocator.class.getPackageName());

  private static final long SLICE_NANOS = TimeUnit.MILLISECONDS.toNanos(2);
  private static final long LEAST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
  private static final long MOST_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long PAUSE_AFTER_FAILURE_NANOS = TimeUnit.SECONDS.toNanos(10);

  /**
   * Of what the user's target leaves unused, the share that is given back when things are quiet.
   */
  private static final double QUIET_SHARE = 0.8;

  /** So far below the target there is no pause between slices. */
  private static final double URGENT = 0.05;

  /** Otherwise for each nanosecond of work so many of rest. */
  private static final int REST = 3;

  private final Compactor compactor;
  private final RelocatorMover mover;
  private final double target;
  private final LongSupplier nanoClock;

  private CompactionPlan plan;
  private long nextLookNanos;
  private long pauseNanos = LEAST_PAUSE_NANOS;
  private long lastMallocs = -1;
  private long lastLiveBytes = -1;
  private boolean urgent;

  BackgroundCompaction(
      final Compactor compactor,
      final Relocator relocator,
      final double target,
      final LongSupplier nanoClock) {
    this.compactor = compactor;
    this.mover = new RelocatorMover(relocator);
    this.target = target;
    this.nanoClock = nanoClock;
    this.nextLookNanos = nanoClock.getAsLong();
  }

  /**
   * Does a slice of what is to be done.
   *
   * @return in how many nanoseconds to call again
   */
  long run() {
    if (plan == null || plan.isDone()) {
      final long pause = nextLookNanos - nanoClock.getAsLong();
      if (pause > 0) {
        return pause;
      }
      look();
      if (plan.isDone()) {
        return nextLookNanos - nanoClock.getAsLong();
      }
    }
    return carryOut(SLICE_NANOS);
  }

  /** Compacts as thoroughly as when things are quiet, now, for as long as this at most. */
  void runAtOnce(final long maxNanos) {
    plan = compactor.plan(target + (1 - target) * QUIET_SHARE);
    carryOut(maxNanos);
  }

  private void look() {
    CompactionPlan next = compactor.plan(target);
    final boolean quiet = next.mallocs() == lastMallocs && next.liveBytes() == lastLiveBytes;
    urgent = next.utilisation() < target - URGENT;
    lastMallocs = next.mallocs();
    lastLiveBytes = next.liveBytes();
    if (quiet && next.isDone()) {
      next = compactor.plan(target + (1 - target) * QUIET_SHARE);
    }
    plan = next;
    pauseNanos = next.isDone() ? Math.min(2 * pauseNanos, MOST_PAUSE_NANOS) : LEAST_PAUSE_NANOS;
    nextLookNanos = nanoClock.getAsLong() + pauseNanos;
  }

  private long carryOut(final long maxNanos) {
    final long startNanos = nanoClock.getAsLong();
    final Compaction slice = new Compaction(nanoClock, Long.MAX_VALUE, maxNanos);
    compactor.carryOut(plan, mover, slice);
    final long endNanos = nanoClock.getAsLong();
    if (slice.failure() != null) {
      LOG.log(
          Level.WARNING, "the relocator failed; compaction pauses for a while", slice.failure());
      return pauseAfter(endNanos, PAUSE_AFTER_FAILURE_NANOS);
    }
    if (slice.isOutOfRoom()) {
      return pauseAfter(endNanos, MOST_PAUSE_NANOS);
    }
    if (urgent) {
      return 0;
    }
    return REST * (endNanos - startNanos);
  }

  private long pauseAfter(final long nowNanos, final long pause) {
    plan = null;
    nextLookNanos = nowNanos + pause;
    return pause;
  }
}
