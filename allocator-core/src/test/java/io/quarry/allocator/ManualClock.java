package io.quarry.allocator;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * A clock that stands still until it is told otherwise; an allocator with one maintains nothing.
 */
final class ManualClock implements LongSupplier {
  // Close to overflow, as System.nanoTime() may be: comparisons have to allow for it.
  private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 1_000_000);

  @Override
  public long getAsLong() {
    return nanos.get();
  }

  void advance(final Duration time) {
    nanos.addAndGet(time.toNanos());
  }
}
