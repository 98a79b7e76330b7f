package io.quarry.bench.workload;

import io.quarry.bench.measure.Measurement;
import java.util.HashMap;
import java.util.Map;

/** The metrics that every workload has. */
public final class Rates {

  private static final double NANOS_PER_SECOND = 1e9;

  private Rates() {}

  /**
   * Time for each operation and operations a second, in a new map to which others can be added.
   *
   * @param operations of all threads together
   * @param threads how many ran side by side; the time of an operation is what one of them waited
   */
  public static Map<String, Double> of(long operations, long elapsedNanos, int threads) {
    final Map<String, Double> metrics = new HashMap<>();
    metrics.put(Measurement.OPERATIONS, (double) operations);
    metrics.put(Measurement.NS_PER_OP, (double) elapsedNanos * threads / operations);
    metrics.put(Measurement.OPS_PER_SECOND, operations * NANOS_PER_SECOND / elapsedNanos);
    return metrics;
  }
}
