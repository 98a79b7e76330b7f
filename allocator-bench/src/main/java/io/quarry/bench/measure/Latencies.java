package io.quarry.bench.measure;

import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/** Latencies of one thread, in nanoseconds. Made beforehand; recording allocates nothing. */
public final class Latencies {

  private static final long HIGHEST_NANOS = TimeUnit.SECONDS.toNanos(60);
  private static final int SIGNIFICANT_DIGITS = 3;

  private final Histogram histogram = new Histogram(HIGHEST_NANOS, SIGNIFICANT_DIGITS);

  /** Records one latency; what took longer than a minute counts as a minute. */
  public void record(long nanos) {
    histogram.recordValue(Math.min(Math.max(nanos, 0), HIGHEST_NANOS));
  }

  /** Forgets what was recorded. */
  public void forget() {
    histogram.reset();
  }

  /** Takes in what another thread recorded. */
  public void add(Latencies other) {
    histogram.add(other.histogram);
  }

  /** Writes the percentiles as metrics whose names begin with {@code prefix}. */
  public void putInto(Map<String, Double> metrics, String prefix) {
    metrics.put(prefix + "P50Nanos", (double) histogram.getValueAtPercentile(50));
    metrics.put(prefix + "P99Nanos", (double) histogram.getValueAtPercentile(99));
    metrics.put(prefix + "P999Nanos", (double) histogram.getValueAtPercentile(99.9));
    metrics.put(prefix + "P9999Nanos", (double) histogram.getValueAtPercentile(99.99));
    metrics.put(prefix + "MaxNanos", (double) histogram.getMaxValue());
  }
}
