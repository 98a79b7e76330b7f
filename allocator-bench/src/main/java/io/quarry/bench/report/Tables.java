package io.quarry.bench.report;

import io.quarry.bench.measure.Measurement;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The tables of a comparison, the same in the terminal and on the page. */
final class Tables {

  /** What the others are compared with. */
  private static final String BASE = "quarry";

  private Tables() {}

  /** All tables that have something in them. */
  static List<Table> of(Comparison comparison) {
    return Stream.of(
            Stream.of(fixed(comparison), others(comparison), cache(comparison)),
            ExperimentTables.of(comparison).stream(),
            Stream.of(notes(comparison)))
        .flatMap(tables -> tables)
        .filter(table -> !table.isEmpty())
        .toList();
  }

  private static Table fixed(Comparison comparison) {
    final List<String> allocators = comparison.allocators();
    final List<String> compared =
        allocators.contains(BASE)
            ? allocators.stream().filter(name -> !name.equals(BASE)).toList()
            : List.of();
    final List<String> header = new ArrayList<>(List.of("block"));
    header.addAll(allocators);
    compared.forEach(name -> header.add(name + " / " + BASE));
    final Table table =
        new Table(
            "One block allocated, touched and freed: nanoseconds (median of forks)", 1, header);
    for (final int sizeBytes : comparison.fixedSizes()) {
      final String workload = Comparison.FIXED_PREFIX + sizeBytes;
      final double base = comparison.nsPerOp(workload, BASE);
      final List<String> row = new ArrayList<>(List.of(Units.size(sizeBytes)));
      allocators.forEach(name -> row.add(Units.nanos(comparison.nsPerOp(workload, name))));
      compared.forEach(name -> row.add(Units.ratio(comparison.nsPerOp(workload, name) / base)));
      table.add(row);
    }
    return table;
  }

  private static Table others(Comparison comparison) {
    final Table table =
        new Table(
            "Other workloads",
            2,
            List.of(
                "workload",
                "allocator",
                "threads",
                "ns/op",
                "least",
                "most",
                "/ " + BASE,
                "million op/s",
                "peak RSS MiB"));
    for (final Result result : comparison.otherResults()) {
      final Result.Range range = result.spread().get(Measurement.NS_PER_OP);
      table.add(
          List.of(
              result.workload(),
              result.allocator(),
              Integer.toString(result.threads()),
              Units.nanos(result.nsPerOp()),
              Units.nanos(range.min()),
              Units.nanos(range.max()),
              Units.ratio(result.nsPerOp() / comparison.nsPerOp(result.workload(), BASE)),
              Units.millions(result.metric(Measurement.OPS_PER_SECOND)),
              Units.mebibytes(result.metric(Measurement.RSS_PEAK_BYTES))));
    }
    return table;
  }

  private static Table cache(Comparison comparison) {
    final Table table =
        new Table(
            "The cache: RSS above what it was before, and what is left of it once the cache is"
                + " cleared and nobody calls",
            1,
            List.of(
                "allocator",
                "hits",
                "p50",
                "p99",
                "p99.9",
                "live MiB",
                "filled MiB",
                "overhead",
                "idle MiB",
                "after s"));
    for (final Result result : comparison.of("cache")) {
      final double before = result.metric(Measurement.RSS_BEFORE_BYTES);
      table.add(
          List.of(
              result.allocator(),
              Units.percent(result.metric("hitRatio")),
              Units.duration(result.metric("opP50Nanos")),
              Units.duration(result.metric("opP99Nanos")),
              Units.duration(result.metric("opP999Nanos")),
              Units.mebibytes(result.metric(Measurement.LIVE_BYTES)),
              Units.mebibytes(result.metric("rssFilledBytes") - before),
              Units.ratio(result.metric("overheadFilled")),
              Units.mebibytes(result.metric("rssAfterIdleBytes") - before),
              Units.nanos(result.metric("idleSeconds"))));
    }
    return table;
  }

  private static Table notes(Comparison comparison) {
    final Table table = new Table("Not measured", 3, List.of("workload", "allocator", "why"));
    Stream.concat(comparison.unavailable().stream(), comparison.failures().stream())
        .forEach(note -> table.add(List.of(note.workload(), note.allocator(), note.reason())));
    return table;
  }
}
