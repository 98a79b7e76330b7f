package io.quarry.bench.jmh;

import io.quarry.bench.blocks.BlockAllocator;
import io.quarry.bench.blocks.Peer;
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

/** Allocates one block, touches every page of it, and frees it. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 3, jvmArgsAppend = Flags.OPEN_INTERNAL_MISC)
public class PairBenchmark {

  /** The compared allocator. */
  @Param({"quarry", "direct", "unsafe-malloc"})
  public String allocator;

  /** Bytes a block. */
  @Param({"64", "16", "256", "1024", "16384", "262144"})
  public int size;

  private BlockAllocator blocks;

  /** Opens the allocator. */
  @Setup
  public void open() {
    blocks = Peer.of(allocator).open(1);
  }

  /** Closes the allocator. */
  @TearDown
  public void close() {
    blocks.close();
  }

  /** One pair: allocate and free. */
  @Benchmark
  public void pair() {
    final BlockAllocator allocating = blocks;
    final int sizeBytes = size;
    final long handle = allocating.allocate(0, sizeBytes);
    allocating.touchPages(0, handle, sizeBytes);
    allocating.free(0, handle);
  }
}
