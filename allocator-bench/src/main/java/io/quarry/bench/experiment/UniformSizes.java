package io.quarry.bench.experiment;

import org.apache.commons.rng.UniformRandomProvider;

/**
 * All sizes of a range, equally often.
 *
 * @param least in bytes
 * @param most in bytes, inclusive
 */
record UniformSizes(int least, int most) implements Sizes {

  @Override
  public int next(UniformRandomProvider random) {
    return least == most ? least : least + random.nextInt(most - least + 1);
  }

  @Override
  public double mean() {
    return (least + most) / 2.0;
  }
}
