package io.quarry.bench.experiment;

import java.util.List;
import org.apache.commons.rng.UniformRandomProvider;

/** Sizes of which quantiles are known, uniform between one and the next. */
final class QuantileSizes implements Sizes {

  private static final String FILE = "cachelib-value-size-quantiles.tsv";
  private static final double PERCENT = 100;

  private final double[] shares;
  private final double[] bytes;
  private final double mean;

  private QuantileSizes(double[] shares, double[] bytes) {
    this.shares = shares;
    this.bytes = bytes;
    double sum = bytes[0] * shares[0];
    for (int i = 1; i < bytes.length; i++) {
      sum += (shares[i] - shares[i - 1]) * (bytes[i] + bytes[i - 1]) / 2;
    }
    this.mean = sum;
  }

  /** The value sizes of a production cache. Below the first quantile all have its size. */
  static QuantileSizes ofCache(String profile) {
    final List<String[]> rows = DataFile.read(FILE, "\t");
    final String[] header = rows.get(0);
    final String[] row =
        rows.stream()
            .filter(fields -> fields[0].equals(profile))
            .findFirst()
            .orElseThrow(
                () -> new IllegalStateException("no profile '" + profile + "' in " + FILE));
    final int first = List.of(header).indexOf("p1");
    final double[] shares = new double[header.length - first];
    final double[] bytes = new double[shares.length];
    for (int i = 0; i < shares.length; i++) {
      shares[i] = Double.parseDouble(header[first + i].substring(1)) / PERCENT;
      bytes[i] = Double.parseDouble(row[first + i]);
    }
    return new QuantileSizes(shares, bytes);
  }

  @Override
  public int next(UniformRandomProvider random) {
    return at(random.nextDouble());
  }

  /** The size below which that share of all values lies. */
  int at(double share) {
    if (share <= shares[0]) {
      return (int) bytes[0];
    }
    int upper = 1;
    while (share > shares[upper]) {
      upper++;
    }
    final double position = (share - shares[upper - 1]) / (shares[upper] - shares[upper - 1]);
    return (int) (bytes[upper - 1] + position * (bytes[upper] - bytes[upper - 1]));
  }

  @Override
  public double mean() {
    return mean;
  }
}
