package io.quarry.bench.cprogram;

import io.quarry.bench.report.Table;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.DoubleStream;

/** Medians of several rounds, and one contestant's ratio to each of the others. */
final class RoundsTable {

  private static final String NONE = "-";

  private RoundsTable() {}

  /**
   * The table.
   *
   * @param ours whose median is divided by that of the others
   * @param nanos nanoseconds an operation of each round; none where something is not installed
   */
  static String of(String title, String ours, Map<String, List<Double>> nanos) {
    final Table table =
        new Table(
            title + ": nanoseconds an operation",
            1,
            List.of("", "median", "least", "most", "quarry's ratio"));
    nanos.forEach(
        (name, times) -> {
          if (times.isEmpty()) {
            table.add(List.of(name + " (not installed)", NONE, NONE, NONE, NONE));
          } else {
            final double[] sorted = sorted(times);
            final List<String> cells = new ArrayList<>();
            cells.add(name);
            cells.add(format("%.1f", median(sorted)));
            cells.add(format("%.1f", sorted[0]));
            cells.add(format("%.1f", sorted[sorted.length - 1]));
            cells.add(
                nanos.containsKey(ours) && !name.equals(ours)
                    ? format("%.2f", median(sorted(nanos.get(ours))) / median(sorted))
                    : NONE);
            table.add(cells);
          }
        });
    return table.toText();
  }

  private static double[] sorted(List<Double> times) {
    return times.stream().mapToDouble(Double::doubleValue).sorted().toArray();
  }

  private static double median(double... sorted) {
    return DoubleStream.of(sorted[(sorted.length - 1) / 2], sorted[sorted.length / 2])
        .average()
        .orElseThrow();
  }

  private static String format(String pattern, double value) {
    return String.format(Locale.ROOT, pattern, value);
  }
}
