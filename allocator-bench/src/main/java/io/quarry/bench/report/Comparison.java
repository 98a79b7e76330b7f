package io.quarry.bench.report;

import io.quarry.bench.measure.Measurement;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * All that a run of {@code bench compare} found out.
 *
 * @param environment where and how it was measured
 * @param results one entry for each workload and allocator
 * @param series resident memory over time
 * @param unavailable what this JVM cannot run
 * @param failures what was run and failed
 */
public record Comparison(
    Map<String, Object> environment,
    List<Result> results,
    List<Series> series,
    List<Note> unavailable,
    List<Note> failures) {

  /** Workloads whose names begin so have one block size each. */
  static final String FIXED_PREFIX = "fixed-";

  /** The allocators that were measured, in the order they were asked for. */
  List<String> allocators() {
    return results.stream().map(Result::allocator).distinct().toList();
  }

  /** The sizes of the workload {@code fixed}, ascending. */
  List<Integer> fixedSizes() {
    return results.stream()
        .filter(result -> result.workload().startsWith(FIXED_PREFIX))
        .map(result -> (int) result.metric(Measurement.SIZE_BYTES))
        .distinct()
        .sorted()
        .toList();
  }

  /** All results but those of single sizes and of experiments. */
  List<Result> otherResults() {
    return results.stream()
        .filter(result -> !result.workload().startsWith(FIXED_PREFIX) && !isExperiment(result))
        .toList();
  }

  /** The results of published experiments. */
  List<Result> experiments() {
    return results.stream().filter(Comparison::isExperiment).toList();
  }

  private static boolean isExperiment(Result result) {
    return result.metrics().containsKey(Measurement.OVERHEAD_PEAK);
  }

  /** The results of one workload. */
  List<Result> of(String workload) {
    return results.stream().filter(result -> result.workload().equals(workload)).toList();
  }

  /** One result, if it was measured. */
  Optional<Result> find(String workload, String allocator) {
    return of(workload).stream().filter(result -> result.allocator().equals(allocator)).findFirst();
  }

  /** The time of an operation in nanoseconds, or NaN if it was not measured. */
  double nsPerOp(String workload, String allocator) {
    return find(workload, allocator).map(Result::nsPerOp).orElse(Double.NaN);
  }
}
