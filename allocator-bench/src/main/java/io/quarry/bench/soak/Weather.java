package io.quarry.bench.soak;

import java.util.concurrent.TimeUnit;
import org.apache.commons.rng.UniformRandomProvider;

/** Decides how often the kernel refuses, for some milliseconds each: mostly never. */
final class Weather implements Actor {

  private static final double[] SHARES = {0, 0, 0, 0.02, 0.2, 0.7};
  private static final int MOST_MILLIS = 60;

  private final RefusingKernel kernel;
  private final Tally tally;
  private final UniformRandomProvider random;

  Weather(RefusingKernel kernel, Tally tally, UniformRandomProvider random) {
    this.kernel = kernel;
    this.tally = tally;
    this.random = random;
  }

  @Override
  public void step() throws InterruptedException {
    kernel.refuse(SHARES[random.nextInt(SHARES.length)]);
    final int millis = random.nextInt(MOST_MILLIS);
    final long start = System.nanoTime();
    Thread.sleep(millis);
    tally.overslept(System.nanoTime() - start - TimeUnit.MILLISECONDS.toNanos(millis));
  }
}
