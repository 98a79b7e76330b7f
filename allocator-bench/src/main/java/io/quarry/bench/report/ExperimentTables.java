package io.quarry.bench.report;

import io.quarry.bench.measure.Measurement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The tables of the published experiments: memory, time, memory given back, turnovers. */
final class ExperimentTables {

  private static final String TURNOVER = "overheadTurnover";
  private static final String PART = "overheadPart";

  private ExperimentTables() {}

  static List<Table> of(Comparison comparison) {
    return List.of(memory(comparison), time(comparison), back(comparison), course(comparison));
  }

  private static Table memory(Comparison comparison) {
    final Table table =
        new Table(
            "Memory beyond what is live, as a share of it, and system calls (median of seeds)",
            2,
            List.of(
                "workload",
                "allocator",
                "threads",
                "peak",
                "end",
                "live MiB",
                "mmap",
                "munmap",
                "madvise",
                "mappings",
                "moved MiB"));
    for (final Result result : comparison.experiments()) {
      table.add(
          List.of(
              result.workload(),
              result.allocator(),
              Integer.toString(result.threads()),
              Units.share(result.metric(Measurement.OVERHEAD_PEAK)),
              Units.share(result.metric(Measurement.OVERHEAD_END)),
              Units.mebibytes(result.metric("mostLiveBytes")),
              Units.count(result.metric("mmapCalls")),
              Units.count(result.metric("munmapCalls")),
              Units.count(result.metric("madviseCalls")),
              Units.count(result.metric(Measurement.MAPPINGS)),
              Units.mebibytes(result.metric(Measurement.COMPACTION_BYTES_MOVED))));
    }
    return table;
  }

  private static Table time(Comparison comparison) {
    final Table table =
        new Table(
            "Calls of malloc and free, the experiment's own work on each block included in the"
                + " rate and not in the latency (median of seeds)",
            2,
            List.of(
                "workload",
                "allocator",
                "million calls/s",
                "malloc p50",
                "p99",
                "p99.9",
                "p99.99",
                "most",
                "free p99",
                "most"));
    for (final Result result : comparison.experiments()) {
      table.add(
          List.of(
              result.workload(),
              result.allocator(),
              Units.millions(result.metric(Measurement.OPS_PER_SECOND)),
              Units.duration(result.metric("mallocP50Nanos")),
              Units.duration(result.metric("mallocP99Nanos")),
              Units.duration(result.metric("mallocP999Nanos")),
              Units.duration(result.metric("mallocP9999Nanos")),
              Units.duration(result.metric("mallocMaxNanos")),
              Units.duration(result.metric("freeP99Nanos")),
              Units.duration(result.metric("freeMaxNanos"))));
    }
    return table;
  }

  private static Table back(Comparison comparison) {
    final Table table =
        new Table(
            "Memory given back without a call (median of seeds)",
            2,
            List.of("workload", "allocator", "filled MiB", "live MiB", "down after", "floor MiB"));
    for (final Result result : comparison.experiments()) {
      if (result.metrics().containsKey("floorBytes")) {
        final double seconds = result.metric(Measurement.RSS_SECONDS);
        table.add(
            List.of(
                result.workload(),
                result.allocator(),
                Units.mebibytes(result.metric("rssFilledBytes")),
                Units.mebibytes(result.metric(Measurement.LIVE_BYTES)),
                Double.isNaN(seconds) ? "not reached" : Units.seconds(seconds),
                Units.mebibytes(result.metric("floorBytes"))));
      }
    }
    return table;
  }

  /** Overhead from turnover to turnover, or from part to part of the time. */
  private static Table course(Comparison comparison) {
    final Table table =
        new Table(
            "Memory beyond what is live at the end of each turnover, or part of the time",
            2,
            List.of("workload", "allocator", "in order"));
    for (final Result result : comparison.experiments()) {
      final List<String> shares = new ArrayList<>();
      for (final String prefix : List.of(TURNOVER, PART)) {
        appendAll(result.metrics(), prefix, shares);
      }
      if (!shares.isEmpty()) {
        table.add(List.of(result.workload(), result.allocator(), String.join("  ", shares)));
      }
    }
    return table;
  }

  private static void appendAll(Map<String, Double> metrics, String prefix, List<String> shares) {
    for (int i = 1; metrics.containsKey(prefix + i); i++) {
      shares.add(Units.share(metrics.get(prefix + i)));
    }
  }
}
