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
 * <p>To look costs a pass over all slabs, so the pause until the next one is many times as long as
 * the last took; and while things are quiet and there is nothing to do, it is done ever more
 * seldom. Under load it is not: a program that frees most of what it has does so without notice,
 * and what it allocates next comes on top until slabs are emptied. For the same reason a plan that
 * takes long is given up for a new one.
 *
 * <p>What is idle is memory that holds nothing, as free blocks are. So where there is more of it
 * than the target leaves unused, it goes back to the kernel after a fraction of a second, and does
 * not wait for the idle time to pass: compaction would else gain nothing for so long.
 */
final class BackgroundCompaction {
  private static final Logger LOG = System.getLogger(SlabAllocator.class.getPackageName());

  private static final long SLICE_NANOS = TimeUnit.MILLISECONDS.toNanos(2);
  private static final long LEAST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
  private static final long MOST_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** So many times longer than to look takes is the pause before it is done again. */
  private static final int LOOK_SHARE = 20;

  private static final long PLAN_LIFE_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

  /** Beyond what may be idle, granules are kept for this long: whoever carves may want them. */
  private static final long EXCESS_IDLE_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  private static final long PAUSE_AFTER_FAILURE_NANOS = TimeUnit.SECONDS.toNanos(10);

  /**
   * Of what the user's target leaves unused, the share that is given back when things are quiet.
   */
  private static final double QUIET_SHARE = 0.8;

  /** So far below the target there is no pause between slices. */
  private static final double URGENT = 0.02;

  /** At the target for each nanosecond of work so many of rest; below it less, in proportion. */
  private static final double MOST_REST = 3;

  private final Compactor compactor;
  private final RelocatorMover mover;
  private final double target;
  private final LongSupplier nanoClock;

  private CompactionPlan plan;
  private long nextLookNanos;
  private long pauseNanos = LEAST_PAUSE_NANOS;
  private long lastMallocs = -1;
  private long lastLiveBytes = -1;
  private long planMadeNanos;
  private long lookNanos;
  private long nextReturnNanos;
  private double rest;

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
    this.nextReturnNanos = nextLookNanos;
  }

  /**
   * Does a slice of what is to be done.
   *
   * @return in how many nanoseconds to call again
   */
  long run() {
    final long delay = compact();
    returnExcess();
    return delay;
  }

  /** Compacts as thoroughly as when things are quiet, now, for as long as this at most. */
  void runAtOnce(final long maxNanos) {
    plan = compactor.plan(target + (1 - target) * QUIET_SHARE);
    carryOut(maxNanos);
  }

  private long compact() {
    final long now = nanoClock.getAsLong();
    if (plan == null || plan.isDone()) {
      if (nextLookNanos - now > 0) {
        return nextLookNanos - now;
      }
      look(now);
    } else if (now - planMadeNanos > Math.max(PLAN_LIFE_NANOS, LOOK_SHARE * lookNanos)) {
      look(now);
    }
    return plan.isDone()
        ? Math.max(0, nextLookNanos - nanoClock.getAsLong())
        : carryOut(SLICE_NANOS);
  }

  private void look(final long nowNanos) {
    CompactionPlan next = compactor.plan(target);
    final boolean quiet = next.mallocs() == lastMallocs && next.liveBytes() == lastLiveBytes;
    rest = MOST_REST * Math.max(0, 1 - (target - next.utilisation()) / URGENT);
    lastMallocs = next.mallocs();
    lastLiveBytes = next.liveBytes();
    if (quiet && next.isDone()) {
      next = compactor.plan(target + (1 - target) * QUIET_SHARE);
    }
    plan = next;
    planMadeNanos = nanoClock.getAsLong();
    lookNanos = planMadeNanos - nowNanos;
    final long least = Math.max(LEAST_PAUSE_NANOS, LOOK_SHARE * lookNanos);
    pauseNanos = quiet && next.isDone() ? Math.min(2 * pauseNanos, MOST_PAUSE_NANOS) : least;
    nextLookNanos = planMadeNanos + pauseNanos;
  }

  private void returnExcess() {
    final long now = nanoClock.getAsLong();
    if (now - nextReturnNanos >= 0) {
      nextReturnNanos = now + EXCESS_IDLE_NANOS;
      compactor.returnIdle((long) (lastLiveBytes * (1 - target)), now - EXCESS_IDLE_NANOS);
    }
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
    return (long) (rest * (endNanos - startNanos));
  }

  private long pauseAfter(final long nowNanos, final long pause) {
    plan = null;
    nextLookNanos = nowNanos + pause;
    return pause;
  }
}
