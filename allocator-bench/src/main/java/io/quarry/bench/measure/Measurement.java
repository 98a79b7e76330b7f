package io.quarry.bench.measure;

import java.util.List;
import java.util.Map;

/**
 * What one workload measured of one allocator: in one JVM, or put together from several.
 *
 * @param workload what was run; a {@code fixed} workload has its size in the name
 * @param allocator the name of the allocator
 * @param threads how many threads used the allocator
 * @param metrics figures by name; the unit is part of the name
 * @param rss resident memory over time, in bytes above the baseline, with second 0 where the last
 *     value was released; empty for workloads that record none
 */
public record Measurement(
    String workload,
    String allocator,
    int threads,
    Map<String, Double> metrics,
    List<RssSample> rss) {

  /** Mean time of an operation, in nanoseconds. */
  public static final String NS_PER_OP = "nsPerOp";

  /** Operations of all threads a second. */
  public static final String OPS_PER_SECOND = "opsPerSecond";

  /** How many operations were measured. */
  public static final String OPERATIONS = "operations";

  /** The largest resident memory seen, the JVM's own included. */
  public static final String RSS_PEAK_BYTES = "rssPeakBytes";

  /** Resident memory before the first block was allocated. */
  public static final String RSS_BEFORE_BYTES = "rssBeforeBytes";

  /** The size of the block, for workloads with one size. */
  public static final String SIZE_BYTES = "sizeBytes";

  /** The sum of the bytes asked for. */
  public static final String LIVE_BYTES = "liveBytes";

  /** What was resident beyond the bytes asked for, at the worst moment, as a share of them. */
  public static final String OVERHEAD_PEAK = "overheadPeak";

  /** The same when the last operation was done. */
  public static final String OVERHEAD_END = "overheadEnd";

  /** Kernel mappings at the end, less those before. */
  public static final String MAPPINGS = "mappings";

  /** Bytes of the blocks that were moved. */
  public static final String COMPACTION_BYTES_MOVED = "compactionBytesMoved";

  /** Seconds until resident memory was down to what is live. */
  public static final String RSS_SECONDS = "rssSeconds";

  /** Validates and copies. */
  public Measurement {
    metrics = Map.copyOf(metrics);
    rss = List.copyOf(rss);
  }

  /** The metric of that name, or NaN if it was not measured. */
  public double metric(String name) {
    return metrics.getOrDefault(name, Double.NaN);
  }
}
