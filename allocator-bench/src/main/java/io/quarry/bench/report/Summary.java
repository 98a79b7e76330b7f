package io.quarry.bench.report;

import io.quarry.bench.measure.Measurement;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The two or three sentences that somebody in a hurry reads. */
final class Summary {

  private static final String BASE = "quarry";
  private static final String OTHER = "direct";

  /** The sizes worth naming, the first that was measured is taken. */
  private static final List<Integer> PREFERRED_SIZES = List.of(64, 256, 16);

  private Summary() {}

  static List<String> of(Comparison comparison) {
    final List<String> sentences = new ArrayList<>();
    pair(comparison, sentences);
    Stream.of("churn", "handoff", "cache")
        .forEach(workload -> workload(comparison, workload, sentences));
    comparison.of("cache").forEach(result -> idle(result, sentences));
    if (!comparison.failures().isEmpty()) {
      sentences.add("Some runs failed; see \"Not measured\".");
    }
    return sentences;
  }

  private static void pair(Comparison comparison, List<String> sentences) {
    final List<Integer> sizes = comparison.fixedSizes();
    Stream.concat(PREFERRED_SIZES.stream().filter(sizes::contains), sizes.stream())
        .findFirst()
        .ifPresent(
            size ->
                compare(
                    comparison,
                    Comparison.FIXED_PREFIX + size,
                    "To allocate, touch and free " + Units.size(size),
                    sentences));
  }

  private static void workload(Comparison comparison, String workload, List<String> sentences) {
    compare(comparison, workload, "An operation of the workload " + workload, sentences);
  }

  private static void compare(
      Comparison comparison, String workload, String what, List<String> sentences) {
    final double base = comparison.nsPerOp(workload, BASE);
    final double other = comparison.nsPerOp(workload, OTHER);
    if (Double.isNaN(base) || Double.isNaN(other)) {
      return;
    }
    final String verdict =
        base <= other
            ? Units.ratio(other / base) + " faster"
            : Units.ratio(base / other) + " slower";
    sentences.add(
        String.format(
            "%s takes Quarry %s and allocateDirect with explicit free %s: %s.",
            what, Units.duration(base), Units.duration(other), verdict));
  }

  private static void idle(Result result, List<String> sentences) {
    final double before = result.metric(Measurement.RSS_BEFORE_BYTES);
    // The JVM gives back a little of its own meanwhile; less than nothing cannot be left.
    sentences.add(
        String.format(
            "%s: the full cache held %s MiB above the start; %.1f s after it was cleared, without"
                + " a call, %s MiB were left.",
            result.allocator(),
            Units.mebibytes(result.metric("rssFilledBytes") - before),
            result.metric("idleSeconds"),
            Units.mebibytes(Math.max(0, result.metric("rssAfterIdleBytes") - before))));
  }
}
