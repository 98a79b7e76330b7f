package io.quarry.bench.workload;

import io.quarry.bench.blocks.BlockAllocator;
import io.quarry.bench.blocks.Peer;
import io.quarry.bench.measure.Measurement;
import io.quarry.bench.measure.ResidentMemory;
import io.quarry.bench.measure.RssRecorder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Allocates a block, touches it and frees it: one size at a time, over many sizes. */
public final class FixedSizes implements Workload {

  /** The name; the size follows in the names of its measurements. */
  public static final String NAME = "fixed";

  private static final int RSS_PERIOD_MILLIS = 20;

  /** Bounds of the number of pairs between two looks at the clock. */
  private static final int LEAST_BATCH = 16;

  private static final int LARGEST_BATCH = 1024;
  private static final int BATCH_BYTES = 4 << 20;

  @Override
  public List<Measurement> run(Peer peer, Plan plan, long seed) {
    final List<Measurement> measurements = new ArrayList<>();
    final long rssBefore = ResidentMemory.exactBytes();
    try (RssRecorder recorder = new RssRecorder(RSS_PERIOD_MILLIS);
        BlockAllocator blocks = peer.open(1)) {
      for (final int sizeBytes : plan.fixedSizes()) {
        repeat(blocks, sizeBytes, seed, plan.fixedMillis() / 3);
        recorder.resetPeak();
        final Map<String, Double> metrics = repeat(blocks, sizeBytes, seed, plan.fixedMillis());
        metrics.put(Measurement.SIZE_BYTES, (double) sizeBytes);
        metrics.put(Measurement.RSS_BEFORE_BYTES, (double) rssBefore);
        metrics.put(Measurement.RSS_PEAK_BYTES, (double) recorder.peakBytes());
        measurements.add(new Measurement(NAME + "-" + sizeBytes, peer.id(), 1, metrics, List.of()));
      }
    }
    return measurements;
  }

  /** Pairs for at least {@code millis}; the mean, so that pauses count in full. */
  private static Map<String, Double> repeat(
      BlockAllocator blocks, int sizeBytes, long seed, long millis) {
    final int batch = Math.min(LARGEST_BATCH, Math.max(LEAST_BATCH, BATCH_BYTES / sizeBytes));
    final long limitNanos = TimeUnit.MILLISECONDS.toNanos(millis);
    final long start = System.nanoTime();
    long operations = 0;
    long elapsed;
    do {
      pairs(blocks, sizeBytes, seed + operations, batch);
      operations += batch;
      elapsed = System.nanoTime() - start;
    } while (elapsed < limitNanos);
    return Rates.of(operations, elapsed, 1);
  }

  /** So many pairs; the last block is verified, the others must not pay for that. */
  private static void pairs(BlockAllocator blocks, int sizeBytes, long firstStamp, int count) {
    final long lastStamp = firstStamp + count - 1;
    for (long stamp = firstStamp; stamp < lastStamp; stamp++) {
      final long handle = blocks.allocate(0, sizeBytes);
      blocks.touch(0, handle, sizeBytes, stamp);
      blocks.free(0, handle);
    }
    final long handle = blocks.allocate(0, sizeBytes);
    blocks.touch(0, handle, sizeBytes, lastStamp);
    Verification.require(blocks.holds(0, handle, sizeBytes, lastStamp), NAME, 0, sizeBytes);
    blocks.free(0, handle);
  }
}
