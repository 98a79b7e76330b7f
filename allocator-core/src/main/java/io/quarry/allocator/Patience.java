package io.quarry.allocator;

import io.quarry.region.Refusal;
import java.util.concurrent.TimeUnit;

/**
 * How long a request that was refused at a limit waits for the pressure listeners to have some
 * memory freed: for some calls of them, since not everything that is freed is of use for this
 * request, and not for ever, since the caller may hold a lock that a listener wants.
 */
final class Patience {
  private static final int MOST_CALLS = 16;
  private static final long MOST_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final long deadlineNanos = System.nanoTime() + MOST_NANOS;
  private int calls;

  /** Waits until the listeners were called; false if there are none, or it is enough. */
  boolean awaitListeners(final SlabAllocator allocator, final Refusal refusal) {
    return calls++ < MOST_CALLS
        && !Maintenance.isRunningThis() // it is the one that would call them
        && allocator.awaitPressureListeners(refusal, deadlineNanos);
  }
}
