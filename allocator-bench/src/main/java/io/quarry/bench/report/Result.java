package io.quarry.bench.report;

import io.quarry.bench.measure.Measurement;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * What all forks together say about one workload and allocator.
 *
 * @param workload what was run
 * @param allocator the name of the allocator
 * @param threads how many threads used the allocator
 * @param metrics the median over the forks of each metric, in the order of their names
 * @param forks how many JVMs measured it
 * @param spread the least and the largest value over the forks, of each metric
 */
public record Result(
    String workload,
    String allocator,
    int threads,
    Map<String, Double> metrics,
    int forks,
    Map<String, Range> spread) {

  /** Copies. */
  public Result {
    metrics = Collections.unmodifiableMap(new TreeMap<>(metrics));
    spread = Collections.unmodifiableMap(new TreeMap<>(spread));
  }

  /** The median of the metric of that name, or NaN if it was not measured. */
  public double metric(String name) {
    return metrics.getOrDefault(name, Double.NaN);
  }

  /** The median time of an operation, in nanoseconds. */
  public double nsPerOp() {
    return metric(Measurement.NS_PER_OP);
  }

  /**
   * The least and the largest value over the forks.
   *
   * @param min the least
   * @param max the largest
   */
  public record Range(double min, double max) {}
}
