package io.quarry.bench.cache;

/**
 * The sizes of the values in the pool ETC of a large memcached installation: a table for the
 * smallest ones, a generalised Pareto distribution for the others.
 *
 * <p>Source: Atikoglu et al., Workload Analysis of a Large-Scale Key-Value Store, SIGMETRICS 2012.
 */
public final class EtcValueSizes {

  /** No value is larger: 1 MB. */
  static final int MAX_BYTES = 1 << 20;

  /** Probability of each size from 0 bytes on. */
  private static final double[] SMALL = {
    .00536, .00047, .17820, .09239, .00018, .02740, .00065, .00606, .00023, .00837, .00837, .08989,
    .00092, .00326, .01980
  };

  private static final double SCALE = 214.476;
  private static final double SHAPE = 0.348238;
  private static final double[] CUMULATIVE = cumulative();

  private EtcValueSizes() {}

  /**
   * The size at a point of the distribution.
   *
   * @param uniform at least 0 and less than 1; a uniform random number gives a random size
   * @return the size in bytes, 0 to {@link #MAX_BYTES}
   */
  public static int at(double uniform) {
    final double small = CUMULATIVE[CUMULATIVE.length - 1];
    if (uniform >= small) {
      return pareto((uniform - small) / (1 - small));
    }
    int sizeBytes = 0;
    while (uniform >= CUMULATIVE[sizeBytes]) {
      sizeBytes++;
    }
    return sizeBytes;
  }

  private static int pareto(double uniform) {
    final double bytes = SMALL.length + SCALE * (Math.pow(1 - uniform, -SHAPE) - 1) / SHAPE;
    return (int) Math.min(bytes, MAX_BYTES);
  }

  private static double[] cumulative() {
    final double[] sums = new double[SMALL.length];
    double sum = 0;
    for (int i = 0; i < sums.length; i++) {
      sum += SMALL[i];
      sums[i] = sum;
    }
    return sums;
  }
}
