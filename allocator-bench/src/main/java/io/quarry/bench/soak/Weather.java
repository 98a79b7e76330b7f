package io.quarry.bench.soak;

import org.apache.commons.rng.UniformRandomProvider;

/** Decides how often the kernel refuses, for some milliseconds each: mostly never. */
final class Weather implements Actor {

  private static final double[] SHARES = {0, 0, 0, 0.02, 0.2, 0.7};
  private static final int MOST_MILLIS = 60;

  private final RefusingKernel kernel;
  private final UniformRandomProvider random;

  Weather(RefusingKernel kernel, UniformRandomProvider random) {
    this.kernel = kernel;
    this.random = random;
  }

  @Override
  public void step() throws InterruptedException {
    kernel.refuse(SHARES[random.nextInt(SHARES.length)]);
    Thread.sleep(random.nextInt(MOST_MILLIS));
  }
}
