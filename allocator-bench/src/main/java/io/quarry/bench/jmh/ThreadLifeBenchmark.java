package io.quarry.bench.jmh;

import io.quarry.bench.blocks.BlockAllocator;
import io.quarry.bench.loops.Pairs;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * A thread starts, allocates one block, touches it, frees it, and ends: what an allocator does for
 * each thread that it has not met.
 */
@State(Scope.Thread)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class ThreadLifeBenchmark extends AllocatorBenchmark {

  private static final int SIZE_BYTES = 64;

  /** The compared allocator. */
  @Param({
    "quarry",
    "direct",
    "direct-gc",
    "unsafe-malloc",
    "netty-pooled",
    "netty-adaptive",
    "lwjgl-jemalloc",
    "lwjgl-rpmalloc",
    "ffm-malloc",
    "ffm-arena",
    "ffm-mimalloc",
    "ffm-jemalloc",
    "ffm-tcmalloc"
  })
  public String allocator;

  private BlockAllocator blocks;

  /** Opens the allocator. */
  @Setup
  public void open() {
    blocks = peer(allocator).openThreadBound(1);
  }

  /** Closes the allocator. */
  @TearDown
  public void close() {
    blocks.close();
  }

  /** One thread. */
  @Benchmark
  public void thread() throws InterruptedException {
    final Thread thread = new Thread(this::live);
    thread.start();
    thread.join();
  }

  private void live() {
    blocks.threadStarts();
    Pairs.pair(blocks, 0, SIZE_BYTES);
    blocks.threadEnds();
  }
}
