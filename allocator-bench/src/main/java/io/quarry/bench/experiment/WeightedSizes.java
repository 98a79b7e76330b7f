package io.quarry.bench.experiment;

import java.util.List;
import java.util.stream.IntStream;
import org.apache.commons.rng.UniformRandomProvider;

/** Sizes of which is known how often each occurs. */
final class WeightedSizes implements Sizes {

  /** Each size as often as it occurs. */
  private final int[] occurrences;

  private final double mean;

  private WeightedSizes(int[] occurrences) {
    this.occurrences = occurrences;
    double sum = 0;
    for (final int size : occurrences) {
      sum += size;
    }
    this.mean = sum / occurrences.length;
  }

  /** The buffers of a web-socket proxy. */
  static WeightedSizes ofProxy() {
    final List<String[]> rows = DataFile.read("netty-websocket-proxy-pattern.csv", ",");
    return new WeightedSizes(
        rows.stream()
            .skip(1)
            .flatMapToInt(
                row ->
                    IntStream.generate(() -> Integer.parseInt(row[0]))
                        .limit(Integer.parseInt(row[1])))
            .toArray());
  }

  @Override
  public int next(UniformRandomProvider random) {
    return occurrences[random.nextInt(occurrences.length)];
  }

  @Override
  public double mean() {
    return mean;
  }
}
