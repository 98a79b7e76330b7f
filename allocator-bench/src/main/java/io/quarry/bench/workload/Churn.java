package io.quarry.bench.workload;

import io.quarry.bench.blocks.BlockAllocator;
import io.quarry.bench.blocks.Peer;
import io.quarry.bench.measure.Latencies;
import io.quarry.bench.measure.Measurement;
import io.quarry.bench.measure.ResidentMemory;
import io.quarry.bench.measure.RssRecorder;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;

/**
 * Replaces a random one of 4,096 live blocks of 16 to 1,039 bytes, verifying it before it is freed.
 *
 * <p>Throughput is measured first, without a clock in the loop; latencies afterwards, each with one
 * reading of the clock included (some 20 ns).
 */
public final class Churn implements Workload {

  /** The name. */
  public static final String NAME = "churn";

  private static final int LIVE = 4096;
  private static final int SIZES = 1024;
  private static final int SIZE_SHIFT = 32;
  private static final long STAMP_FACTOR = 0x9E3779B97F4A7C15L;
  private static final int BATCH = 1024;
  private static final int RSS_PERIOD_MILLIS = 20;

  @Override
  public List<Measurement> run(Peer peer, Plan plan, long seed) {
    final LiveSet live = new LiveSet(seed);
    final Latencies allocations = new Latencies();
    final Latencies frees = new Latencies();
    final long rssBefore = ResidentMemory.exactBytes();
    try (RssRecorder recorder = new RssRecorder(RSS_PERIOD_MILLIS);
        BlockAllocator blocks = peer.open(LIVE)) {
      live.fill(blocks);
      replaceFor(live, blocks, plan.warmupMillis());
      final Map<String, Double> metrics = replaceFor(live, blocks, plan.measureMillis());
      timeEach(live, blocks, plan.measureMillis() / 4, allocations, frees);
      metrics.put(Measurement.LIVE_BYTES, (double) live.bytes());
      live.freeAll(blocks);
      metrics.put(Measurement.RSS_BEFORE_BYTES, (double) rssBefore);
      metrics.put(Measurement.RSS_PEAK_BYTES, (double) recorder.peakBytes());
      allocations.putInto(metrics, "malloc");
      frees.putInto(metrics, "free");
      return List.of(new Measurement(NAME, peer.id(), 1, metrics, List.of()));
    }
  }

  private static Map<String, Double> replaceFor(LiveSet live, BlockAllocator blocks, long millis) {
    final long limitNanos = TimeUnit.MILLISECONDS.toNanos(millis);
    final long start = System.nanoTime();
    long operations = 0;
    long elapsed;
    do {
      live.replace(blocks, BATCH);
      operations += BATCH;
      elapsed = System.nanoTime() - start;
    } while (elapsed < limitNanos);
    return Rates.of(operations, elapsed, 1);
  }

  private static void timeEach(
      LiveSet live, BlockAllocator blocks, long millis, Latencies allocations, Latencies frees) {
    final long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    while (System.nanoTime() - end < 0) {
      for (int i = 0; i < BATCH; i++) {
        live.replaceTimed(blocks, allocations, frees);
      }
    }
  }

  /** The live blocks, and the random sequence that replaces them. */
  private static final class LiveSet {

    private final long[] handles = new long[LIVE];
    private final int[] sizes = new int[LIVE];
    private final SplittableRandom random;

    LiveSet(long seed) {
      this.random = new SplittableRandom(seed);
    }

    void fill(BlockAllocator blocks) {
      for (int slot = 0; slot < LIVE; slot++) {
        put(blocks, slot, sizeOf(random.nextLong()));
      }
    }

    void replace(BlockAllocator blocks, int count) {
      for (int i = 0; i < count; i++) {
        final long draw = random.nextLong();
        final int slot = (int) draw & (LIVE - 1);
        verify(blocks, slot);
        blocks.free(slot, handles[slot]);
        put(blocks, slot, sizeOf(draw));
      }
    }

    void replaceTimed(BlockAllocator blocks, Latencies allocations, Latencies frees) {
      final long draw = random.nextLong();
      final int slot = (int) draw & (LIVE - 1);
      final int sizeBytes = sizeOf(draw);
      verify(blocks, slot);
      final long start = System.nanoTime();
      blocks.free(slot, handles[slot]);
      final long freed = System.nanoTime();
      handles[slot] = blocks.allocate(slot, sizeBytes);
      final long allocated = System.nanoTime();
      frees.record(freed - start);
      allocations.record(allocated - freed);
      sizes[slot] = sizeBytes;
      blocks.touch(slot, handles[slot], sizeBytes, stamp(slot, sizeBytes));
    }

    void freeAll(BlockAllocator blocks) {
      for (int slot = 0; slot < LIVE; slot++) {
        verify(blocks, slot);
        blocks.free(slot, handles[slot]);
      }
    }

    long bytes() {
      long sum = 0;
      for (final int size : sizes) {
        sum += size;
      }
      return sum;
    }

    private void put(BlockAllocator blocks, int slot, int sizeBytes) {
      final long handle = blocks.allocate(slot, sizeBytes);
      blocks.touch(slot, handle, sizeBytes, stamp(slot, sizeBytes));
      handles[slot] = handle;
      sizes[slot] = sizeBytes;
    }

    private void verify(BlockAllocator blocks, int slot) {
      final int sizeBytes = sizes[slot];
      Verification.require(
          blocks.holds(slot, handles[slot], sizeBytes, stamp(slot, sizeBytes)),
          NAME,
          slot,
          sizeBytes);
    }

    private static int sizeOf(long draw) {
      return BlockAllocator.MIN_SIZE_BYTES + (int) (draw >>> SIZE_SHIFT & (SIZES - 1));
    }

    /** Computed rather than kept: a third table would cost more cache misses than the allocator. */
    private static long stamp(int slot, int sizeBytes) {
      return ((long) slot << SIZE_SHIFT | sizeBytes) * STAMP_FACTOR;
    }
  }
}
