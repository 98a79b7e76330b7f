package io.quarry.bench.jmh;

import io.quarry.bench.blocks.Peer;
import io.quarry.bench.report.Table;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Map.Entry;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.results.RunResult;

/**
 * Quarry's time beside that of the best other allocator, for each benchmark: medians of the forks.
 * Only times are compared, for which less is better.
 */
final class RatioTable {

  /** Allocators that need JDK 22 have names that begin so. */
  private static final String FOREIGN_PREFIX = "ffm-";

  private static final String NONE = "-";

  private RatioTable() {}

  /** The table and the geometric means of its ratios; empty if Quarry was compared with nobody. */
  static String of(Collection<RunResult> results) {
    return of(rows(results));
  }

  /** The same for times by benchmark and allocator. */
  static String of(Map<String, Map<String, Double>> rows) {
    final Table table =
        new Table(
            "Quarry beside the best peer that JDK 17 can call, and beside the best of all",
            1,
            List.of("benchmark", "quarry", "best on 17", "", "ratio", "best", "", "ratio"));
    final List<Double> on17 = new ArrayList<>();
    final List<Double> ofAll = new ArrayList<>();
    rows.forEach(
        (benchmark, times) -> {
          final Double quarry = times.get(Peer.QUARRY.id());
          final Optional<Entry<String, Double>> best = best(times, id -> true);
          if (quarry != null && best.isPresent()) {
            final List<String> cells = new ArrayList<>(List.of(benchmark, time(quarry)));
            compare(cells, quarry, best(times, id -> !id.startsWith(FOREIGN_PREFIX)), on17);
            compare(cells, quarry, best, ofAll);
            table.add(cells);
          }
        });
    return table.isEmpty()
        ? ""
        : table.toText() + mean("the best on 17", on17) + mean("the best of all", ofAll);
  }

  private static Map<String, Map<String, Double>> rows(Collection<RunResult> results) {
    final Map<String, Map<String, Double>> rows = new LinkedHashMap<>();
    for (final RunResult result : results) {
      final BenchmarkParams params = result.getParams();
      if (params.getMode() == Mode.AverageTime
          && params.getParamsKeys().contains(Selection.ALLOCATOR)) {
        rows.computeIfAbsent(name(params), name -> new LinkedHashMap<>())
            .put(params.getParam(Selection.ALLOCATOR), median(result));
      }
    }
    return rows;
  }

  private static String name(BenchmarkParams params) {
    final String[] path = params.getBenchmark().split("\\.");
    return path[path.length - 2]
        + "."
        + path[path.length - 1]
        + params.getParamsKeys().stream()
            .filter(key -> !key.equals(Selection.ALLOCATOR))
            .map(key -> " " + key + "=" + params.getParam(key))
            .collect(Collectors.joining())
        + (params.getThreads() == 1 ? "" : ", " + params.getThreads() + " threads");
  }

  private static double median(RunResult result) {
    final double[] forks =
        result.getBenchmarkResults().stream()
            .mapToDouble(fork -> fork.getPrimaryResult().getScore())
            .sorted()
            .toArray();
    return (forks[(forks.length - 1) / 2] + forks[forks.length / 2]) / 2;
  }

  private static Optional<Entry<String, Double>> best(
      Map<String, Double> times, Predicate<String> eligible) {
    return times.entrySet().stream()
        .filter(entry -> !entry.getKey().equals(Peer.QUARRY.id()))
        .filter(entry -> eligible.test(entry.getKey()))
        .min(Entry.comparingByValue());
  }

  private static void compare(
      List<String> cells,
      double quarry,
      Optional<Entry<String, Double>> best,
      List<Double> ratios) {
    if (best.isEmpty()) {
      cells.addAll(List.of(NONE, NONE, NONE));
      return;
    }
    final double ratio = quarry / best.get().getValue();
    ratios.add(ratio);
    cells.addAll(
        List.of(
            best.get().getKey(),
            time(best.get().getValue()),
            String.format(Locale.ROOT, "%.2f", ratio)));
  }

  private static String mean(String what, List<Double> ratios) {
    if (ratios.isEmpty()) {
      return "";
    }
    final double logarithms = ratios.stream().mapToDouble(Math::log).average().orElseThrow();
    return String.format(
        Locale.ROOT,
        "geometric mean of %d ratios to %s: %.2f%n",
        ratios.size(),
        what,
        Math.exp(logarithms));
  }

  private static String time(double value) {
    return String.format(Locale.ROOT, "%.1f", value);
  }
}
