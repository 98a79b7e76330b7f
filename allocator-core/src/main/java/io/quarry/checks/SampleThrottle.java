package io.quarry.checks;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Bounds the time that samples take: so many in a second, and a second's worth at once. Where
 * blocks of many kilobytes come and go untouched, a byte interval alone would let samples take most
 * of the time; the JDK throttles {@code jdk.ObjectAllocationSample} for the same reason. Safe for
 * use by several threads.
 */
final class SampleThrottle {
  private static final long BURST_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final long costNanos;

  /** When the samples that were taken so far are paid for. */
  private final AtomicLong paidNanos;

  SampleThrottle(final int mostPerSecond, final long nowNanos) {
    costNanos = BURST_NANOS / mostPerSecond;
    paidNanos = new AtomicLong(nowNanos - BURST_NANOS);
  }

  /** Whether a sample may be taken now; if so it is counted. */
  boolean allows(final long nowNanos) {
    final long seen = paidNanos.get();
    final long paid = nowNanos - seen > BURST_NANOS ? nowNanos - BURST_NANOS : seen;
    // Two threads that collide have one sample less: there will be others.
    return paid - nowNanos < 0 && paidNanos.compareAndSet(seen, paid + costNanos);
  }
}
