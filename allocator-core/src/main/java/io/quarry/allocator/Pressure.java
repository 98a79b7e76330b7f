package io.quarry.allocator;

import io.quarry.allocator.MemoryPressure.Cause;
import io.quarry.region.Gauge;
import io.quarry.region.Geometry;
import io.quarry.region.GranuleSupply;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Calls the {@link PressureListener}s of one allocator or arena when its memory becomes scarce.
 *
 * <p>The gauges are moved where slabs are carved, under the lock of the granules, and wake the
 * maintenance thread when they reach a mark; the rest is done here, on that thread. A listener
 * hears once of a mark that is reached any number of times; again when a quarter of what was left
 * then is taken as well; and anew after the used bytes have fallen {@value #REARM_SHARE} of the
 * capacity below its mark.
 */
final class Pressure {
  private static final Logger LOG = System.getLogger(SlabAllocator.class.getPackageName());

  static final double REARM_SHARE = 0.05;

  /** Of the granules that are left, the part that may be taken before a listener hears again. */
  private static final int PART_OF_THE_REST = 4;

  private record Listening(PressureListener listener, long thresholdBytes, Gauge.Mark mark) {}

  private final GranuleSupply granules;
  private final long capacity;
  private final List<Listening> listeners = new CopyOnWriteArrayList<>();
  private final PressureRounds rounds;

  /** Null if there is none. */
  private final SoftLimit softLimit;

  /**
   * No listener yet.
   *
   * @param wake called, under the lock of the granules, when {@link #run} has something to do
   */
  Pressure(
      final GranuleSupply granules,
      final long capacityBytes,
      final SoftLimit softLimit,
      final Runnable wake) {
    this.granules = granules;
    this.capacity = Geometry.granulesFor(capacityBytes);
    this.softLimit = softLimit;
    this.rounds = new PressureRounds(wake);
    granules.usedGauge().onAlarm(wake);
    if (softLimit != null) {
      softLimit.onAlarm(wake);
    }
  }

  /** Adds a listener; if its share is reached already, it hears of it soon. */
  void add(final double share, final PressureListener listener) {
    checkShare(share);
    Objects.requireNonNull(listener, "listener");
    final long level = Math.max(1, (long) Math.floor(capacity * share));
    final long rearmBelow = Math.max(0, level - Math.max(1, (long) (capacity * REARM_SHARE)));
    granules.lock().lock();
    try {
      final Gauge.Mark mark = granules.usedGauge().mark(level, rearmBelow);
      listeners.add(new Listening(listener, Geometry.bytesOf(level), mark));
    } finally {
      granules.lock().unlock();
    }
  }

  static void checkShare(final double share) {
    if (!(share > 0 && share <= 1)) {
      throw new IllegalArgumentException(
          "pressure share " + share + ": expected more than 0 and at most 1, such as 0.9");
    }
  }

  /** Removes a listener, wherever it was added; it may be running at this moment. */
  void remove(final PressureListener listener) {
    granules.lock().lock();
    try {
      for (final Listening each : listeners) {
        if (each.listener == listener) {
          granules.usedGauge().remove(each.mark);
          listeners.remove(each);
        }
      }
    } finally {
      granules.lock().unlock();
    }
  }

  /**
   * Waits, for a bounded time, until all listeners were called once more.
   *
   * @return false if there is no point in trying again
   */
  boolean awaitListeners(final long deadlineNanos) {
    return !listeners.isEmpty() && rounds.awaitAnother(deadlineNanos);
  }

  /** Lets nobody wait any more. */
  void close() {
    rounds.close();
  }

  /**
   * Does what is due. The maintenance thread only, without any lock.
   *
   * @return in how many nanoseconds to call again, if nobody calls wake earlier
   */
  long run() {
    final boolean awaited = rounds.begin();
    try {
      final long delay = softLimit == null ? Long.MAX_VALUE : softLimit.run();
      final boolean tooMuchMapped = softLimit != null && softLimit.takeExceeded();
      callListeners(awaited, tooMuchMapped);
      return delay;
    } finally {
      rounds.end();
    }
  }

  private void callListeners(final boolean awaited, final boolean tooMuchMapped) {
    final boolean refused = takeRefusal() || awaited;
    for (final Listening each : listeners) {
      final boolean reached = takeReached(each.mark);
      if (refused) {
        call(each, Cause.REQUEST_REFUSED, each.thresholdBytes);
      } else if (reached) {
        call(each, Cause.SHARE_REACHED, each.thresholdBytes);
      } else if (tooMuchMapped) {
        call(each, Cause.SOFT_LIMIT_EXCEEDED, softLimit.bytes());
      }
      if (refused || reached) {
        armAgain(each.mark);
      }
    }
  }

  private void call(final Listening each, final Cause cause, final long thresholdBytes) {
    final MemoryPressure pressure = look(cause, thresholdBytes);
    try {
      each.listener.pressed(pressure);
    } catch (final RuntimeException | Error listenerFailed) {
      LOG.log(Level.WARNING, "pressure listener failed for: " + pressure, listenerFailed);
    }
  }

  private MemoryPressure look(final Cause cause, final long thresholdBytes) {
    granules.lock().lock();
    try {
      return new MemoryPressure(
          cause,
          granules.mappedBytes() - granules.idleBytes(),
          granules.mappedBytes(),
          Geometry.bytesOf(capacity),
          thresholdBytes);
    } finally {
      granules.lock().unlock();
    }
  }

  private boolean takeRefusal() {
    granules.lock().lock();
    try {
      return granules.usedGauge().takeRefusal();
    } finally {
      granules.lock().unlock();
    }
  }

  private boolean takeReached(final Gauge.Mark mark) {
    granules.lock().lock();
    try {
      return granules.usedGauge().takeReached(mark);
    } finally {
      granules.lock().unlock();
    }
  }

  private void armAgain(final Gauge.Mark mark) {
    granules.lock().lock();
    try {
      final Gauge gauge = granules.usedGauge();
      final long rest = capacity - gauge.shown();
      gauge.armAt(mark, gauge.shown() + Math.max(1, rest / PART_OF_THE_REST));
    } finally {
      granules.lock().unlock();
    }
  }
}
