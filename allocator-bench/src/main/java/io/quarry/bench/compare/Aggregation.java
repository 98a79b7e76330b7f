package io.quarry.bench.compare;

import io.quarry.bench.measure.Measurement;
import io.quarry.bench.report.Result;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/** Puts the forks of each workload and allocator together: the median, and how far they spread. */
final class Aggregation {

  private Aggregation() {}

  /** One result for each workload and allocator, in the order in which they first occur. */
  static List<Result> of(List<Measurement> measurements) {
    final Map<List<String>, List<Measurement>> groups = new LinkedHashMap<>();
    for (final Measurement measurement : measurements) {
      groups
          .computeIfAbsent(
              List.of(measurement.workload(), measurement.allocator()), key -> new ArrayList<>())
          .add(measurement);
    }
    return groups.values().stream().map(Aggregation::merge).toList();
  }

  private static Result merge(List<Measurement> forks) {
    final Map<String, Double> medians = new TreeMap<>();
    final Map<String, Result.Range> spread = new TreeMap<>();
    final TreeSet<String> names = new TreeSet<>();
    forks.forEach(fork -> names.addAll(fork.metrics().keySet()));
    for (final String name : names) {
      final double[] values =
          forks.stream()
              .mapToDouble(fork -> fork.metric(name))
              .filter(value -> !Double.isNaN(value))
              .sorted()
              .toArray();
      medians.put(name, median(values));
      spread.put(name, new Result.Range(values[0], values[values.length - 1]));
    }
    final Measurement first = forks.get(0);
    return new Result(
        first.workload(), first.allocator(), first.threads(), medians, forks.size(), spread);
  }

  /** The middle value, or the mean of the two middle ones. */
  static double median(double... values) {
    final double[] sorted = values.clone();
    Arrays.sort(sorted);
    final int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }
}
