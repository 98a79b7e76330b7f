package io.quarry.bench.experiment;

import org.apache.commons.rng.UniformRandomProvider;

/**
 * Exponentially distributed sizes.
 *
 * @param mean in bytes
 */
record ExponentialSizes(double mean) implements Sizes {

  @Override
  public int next(UniformRandomProvider random) {
    return (int) Math.ceil(-mean * Math.log(1 - random.nextDouble()));
  }
}
