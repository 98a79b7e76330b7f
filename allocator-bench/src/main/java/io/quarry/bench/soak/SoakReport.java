package io.quarry.bench.soak;

import io.quarry.bench.measure.Measurement;
import io.quarry.bench.measure.RssSample;
import io.quarry.bench.report.Comparison;
import io.quarry.bench.report.Note;
import io.quarry.bench.report.Result;
import io.quarry.bench.report.ResultsFile;
import io.quarry.bench.report.Series;
import io.quarry.bench.report.Table;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** What a soak came to, as a table and as results.json. */
final class SoakReport {

  private static final String WORKLOAD = "soak";
  private static final String ALLOCATOR = "quarry";
  private static final double MIB = 1 << 20;
  private static final int QUARTERS = 4;

  private SoakReport() {}

  static String table(Outcome outcome) {
    final Tally tally = outcome.tally();
    final Table table = new Table("Soak", 1, List.of("", "figure"));
    table.add(List.of("seconds", format("%,.0f", outcome.seconds())));
    table.add(List.of("rounds", format("%,d", outcome.rounds())));
    table.add(List.of("calls", count(tally.calls.sum())));
    table.add(List.of("verified MiB", mebibytes(tally.verifiedBytes.sum())));
    table.add(List.of("blocks moved", count(tally.movedBlocks.sum())));
    table.add(List.of("moved MiB", mebibytes(tally.movedBytes.sum())));
    table.add(List.of("faults injected", count(outcome.faults())));
    table.add(List.of("requests refused by the kernel", count(tally.refusedByKernel.sum())));
    table.add(List.of("requests refused at a limit", count(tally.refusedByLimit.sum())));
    table.add(List.of("misuse refused", count(tally.refusedMisuse.sum())));
    table.add(List.of("blocks evicted under pressure", count(tally.evicted.sum())));
    table.add(List.of("platform threads", count(tally.platformThreads.sum())));
    table.add(List.of("virtual threads", count(tally.virtualThreads.sum())));
    table.add(List.of("arenas closed", count(tally.arenas.sum())));
    table.add(List.of("compactions by hand", count(tally.compactions.sum())));
    table.add(List.of("trims", count(tally.trims.sum())));
    final Tally.Call longest = tally.longest();
    table.add(
        List.of("longest call, " + longest.name(), format("%,.1f ms", longest.nanos() / 1e6)));
    table.add(
        List.of(
            "longest wait of a thread that does nothing",
            format("%,.1f ms", tally.longestStallNanos() / 1e6)));
    for (int quarter = 0; quarter < QUARTERS; quarter++) {
      final String name = ", quarter " + (quarter + 1);
      table.add(List.of("RSS MiB" + name, mebibytes(outcome.rss().median(quarter))));
      table.add(List.of("Java heap MiB" + name, mebibytes(outcome.heap().median(quarter))));
    }
    table.add(List.of("mappings before", count(outcome.mappingsBefore())));
    table.add(List.of("mappings after", count(outcome.mappingsAfter())));
    return table.toText();
  }

  /** Writes results.json; {@code failures} says what was not as it must be, if anything. */
  static void write(Path out, Map<String, Object> environment, Outcome outcome, List<Note> failures)
      throws IOException {
    final Map<String, Double> metrics = metrics(outcome);
    final Map<String, Result.Range> spread =
        metrics.entrySet().stream()
            .collect(
                Collectors.toMap(
                    Map.Entry::getKey, e -> new Result.Range(e.getValue(), e.getValue())));
    final Comparison comparison =
        new Comparison(
            environment,
            List.of(new Result(WORKLOAD, ALLOCATOR, outcome.actors(), metrics, 1, spread)),
            List.of(new Series(WORKLOAD, ALLOCATOR, rss(outcome))),
            List.of(),
            failures);
    Files.writeString(out.resolve("results.json"), ResultsFile.toJson(comparison));
  }

  private static List<RssSample> rss(Outcome outcome) {
    return outcome.levels().stream()
        .map(level -> new RssSample(level.seconds(), level.rssBytes()))
        .toList();
  }

  private static Map<String, Double> metrics(Outcome outcome) {
    final Tally tally = outcome.tally();
    final Map<String, Double> metrics = new LinkedHashMap<>();
    final double calls = tally.calls.sum();
    metrics.put(Measurement.OPERATIONS, calls);
    metrics.put(Measurement.OPS_PER_SECOND, calls / outcome.seconds());
    metrics.put("seconds", outcome.seconds());
    metrics.put("rounds", (double) outcome.rounds());
    metrics.put("verifiedBytes", (double) tally.verifiedBytes.sum());
    metrics.put("movedBlocks", (double) tally.movedBlocks.sum());
    metrics.put(Measurement.COMPACTION_BYTES_MOVED, (double) tally.movedBytes.sum());
    metrics.put("faultsInjected", (double) outcome.faults());
    metrics.put("refusedByKernel", (double) tally.refusedByKernel.sum());
    metrics.put("refusedAtLimit", (double) tally.refusedByLimit.sum());
    metrics.put("misuseRefused", (double) tally.refusedMisuse.sum());
    metrics.put("blocksEvicted", (double) tally.evicted.sum());
    metrics.put("platformThreads", (double) tally.platformThreads.sum());
    metrics.put("virtualThreads", (double) tally.virtualThreads.sum());
    metrics.put("arenasClosed", (double) tally.arenas.sum());
    metrics.put("longestCallNanos", (double) tally.longest().nanos());
    metrics.put("longestStallNanos", (double) tally.longestStallNanos());
    for (int quarter = 0; quarter < QUARTERS; quarter++) {
      metrics.put("rssBytesQuarter" + (quarter + 1), (double) outcome.rss().median(quarter));
      metrics.put("javaHeapBytesQuarter" + (quarter + 1), (double) outcome.heap().median(quarter));
    }
    metrics.put("mappingsBefore", (double) outcome.mappingsBefore());
    metrics.put("mappingsAfter", (double) outcome.mappingsAfter());
    return metrics;
  }

  private static String count(long count) {
    return format("%,d", count);
  }

  private static String mebibytes(long bytes) {
    return format("%,.1f", bytes / MIB);
  }

  private static String format(String pattern, Object value) {
    return String.format(Locale.ROOT, pattern, value);
  }
}
