package io.quarry.bench.soak;

import io.quarry.allocator.Checks;
import java.time.Duration;
import org.apache.commons.rng.UniformRandomProvider;
import org.apache.commons.rng.simple.RandomSource;

/**
 * What a soak is to do.
 *
 * @param duration how long in all; a tenth of it, one minute at most, goes before the levels count
 * @param seed of all choices
 * @param checks what the allocator looks for by itself
 * @param capacityBytes of the allocator
 * @param tolerance how much higher the levels of the last quarter may be
 */
record Plan(Duration duration, long seed, Checks checks, long capacityBytes, Tolerance tolerance) {

  private static final int ROUNDS = 40;
  private static final long LEAST_ROUND_MILLIS = 400;
  private static final long MOST_ROUND_MILLIS = 15_000;
  private static final int WARM_UP_SHARE = 10;
  private static final long MOST_WARM_UP_MILLIS = 60_000;
  private static final long STREAMS = 1_000_003;

  /** How long the actors work between two rest points. */
  long roundMillis() {
    return Math.max(LEAST_ROUND_MILLIS, Math.min(MOST_ROUND_MILLIS, duration.toMillis() / ROUNDS));
  }

  /** Until the compiler, and the JVM's own memory, have come to rest. */
  long warmUpMillis() {
    return Math.min(MOST_WARM_UP_MILLIS, duration.toMillis() / WARM_UP_SHARE);
  }

  /** The choices of one actor. */
  UniformRandomProvider random(int actor) {
    return RandomSource.XO_RO_SHI_RO_128_PP.create(seed * STREAMS + actor);
  }
}
