package io.quarry.bench.jmh;

import io.quarry.bench.blocks.BlockAllocator;
import io.quarry.bench.blocks.Peer;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Replaces a random one of 4,096 live blocks of 16 to 1,039 bytes. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 3, jvmArgsAppend = Flags.OPEN_INTERNAL_MISC)
public class ChurnBenchmark {

  private static final int LIVE = 4096;
  private static final int SIZES = 1024;
  private static final int DRAWS = 1 << 14;
  private static final int SIZE_SHIFT = 16;

  /** The compared allocator. */
  @Param({"quarry", "direct", "unsafe-malloc"})
  public String allocator;

  private final long[] handles = new long[LIVE];

  /** Drawn beforehand, so that it is the allocator that is measured and not the generator. */
  private final int[] draws = new SplittableRandom(42).ints(DRAWS).toArray();

  private int next;
  private BlockAllocator blocks;

  /** Opens the allocator and fills the live set. */
  @Setup
  public void open() {
    blocks = Peer.of(allocator).open(LIVE);
    for (int slot = 0; slot < LIVE; slot++) {
      handles[slot] = allocate(blocks, slot, draws[slot]);
    }
  }

  /** Frees the live set and closes the allocator. */
  @TearDown
  public void close() {
    for (int slot = 0; slot < LIVE; slot++) {
      blocks.free(slot, handles[slot]);
    }
    blocks.close();
  }

  /** One replacement: a free and an allocation. */
  @Benchmark
  public void replace() {
    final BlockAllocator allocating = blocks;
    final int draw = draws[next++ & DRAWS - 1];
    final int slot = draw & LIVE - 1;
    allocating.free(slot, handles[slot]);
    handles[slot] = allocate(allocating, slot, draw);
  }

  private static long allocate(BlockAllocator allocating, int slot, int draw) {
    final int sizeBytes = BlockAllocator.MIN_SIZE_BYTES + (draw >>> SIZE_SHIFT & SIZES - 1);
    final long handle = allocating.allocate(slot, sizeBytes);
    allocating.touchPages(slot, handle, sizeBytes);
    return handle;
  }
}
