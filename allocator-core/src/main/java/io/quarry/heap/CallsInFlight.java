package io.quarry.heap;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;

/**
 * The calls that touch the memory of blocks themselves, such as the copying of {@code realloc}:
 * whoever gives that memory away waits for them to end.
 *
 * <p>Two atomic additions a call, in one of a few counters, so that threads seldom share one.
 * {@code malloc} and {@code free} touch Java arrays only, and do not come here.
 */
final class CallsInFlight {
  /*
   * A call adds one to its counter, and then looks whether the end has come; who ends first says so,
   * and then looks at the counters. Both are volatile accesses or stronger, so of the two at least
   * one sees the other (Dekker): either the call finds that the end has come, and takes its one
   * back without having touched anything, or it is waited for. A counter needs to be zero only
   * once: what is added to it after that belongs to calls that see the end.
   *
   * The atomic subtraction comes after all that the call wrote, and the look that finds zero before
   * whatever becomes of the memory.
   */
  private static final int STRIPES = 8;

  /** Two cache lines apart, for processors that fetch them in pairs. */
  private static final int SPACING = 16;

  private static final long PAUSE_NANOS = 20_000;

  private static final VarHandle COUNTS = MethodHandles.arrayElementVarHandle(long[].class);

  private final long[] counts = new long[(STRIPES + 1) * SPACING];
  private volatile boolean ended;

  /**
   * Begins a call.
   *
   * @return what to {@link #leave} with; negative if the end has come, and there is nothing to
   *     leave
   */
  int enter() {
    final int stripe = ((int) Thread.currentThread().getId() & STRIPES - 1) * SPACING + SPACING;
    COUNTS.getAndAdd(counts, stripe, 1L);
    if (ended) {
      leave(stripe);
      return -1;
    }
    return stripe;
  }

  /** Ends a call. */
  void leave(final int stripe) {
    COUNTS.getAndAdd(counts, stripe, -1L);
  }

  /** Lets no call begin any more. */
  void end() {
    ended = true;
  }

  /** Waits for the calls that had begun before the {@link #end}. */
  void awaitAll() {
    for (int stripe = SPACING; stripe < counts.length; stripe += SPACING) {
      while ((long) COUNTS.getVolatile(counts, stripe) != 0) {
        LockSupport.parkNanos(this, PAUSE_NANOS);
      }
    }
  }
}
