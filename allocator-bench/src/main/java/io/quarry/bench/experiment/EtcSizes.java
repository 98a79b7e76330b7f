package io.quarry.bench.experiment;

import io.quarry.bench.cache.EtcValueSizes;
import org.apache.commons.rng.UniformRandomProvider;

/** The value sizes of a large memcached installation. */
final class EtcSizes implements Sizes {

  private static final int POINTS = 1_000_000;
  private static final double MEAN = meanOfPoints();

  @Override
  public int next(UniformRandomProvider random) {
    return EtcValueSizes.at(random.nextDouble());
  }

  @Override
  public double mean() {
    return MEAN;
  }

  private static double meanOfPoints() {
    double sum = 0;
    for (int i = 0; i < POINTS; i++) {
      sum += Math.max(Stage.LEAST_BYTES, EtcValueSizes.at((i + 0.5) / POINTS));
    }
    return sum / POINTS;
  }
}
