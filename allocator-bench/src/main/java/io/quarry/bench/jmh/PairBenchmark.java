package io.quarry.bench.jmh;

import io.quarry.bench.blocks.BlockAllocator;
import io.quarry.bench.loops.Pairs;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.infra.ThreadParams;

/** Allocates one block, touches every page of it, and frees it. */
@State(Scope.Benchmark)
public class PairBenchmark extends AllocatorBenchmark {

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

  /** Bytes a block. */
  @Param({"64", "16", "256", "1024", "4096", "16384", "65536", "262144", "1048576"})
  public int size;

  private BlockAllocator blocks;

  /** Opens the allocator. */
  @Setup
  public void open(BenchmarkParams benchmark) {
    blocks = peer(allocator).openThreadBound(Slots.apart(benchmark.getThreads()));
  }

  /** Closes the allocator. */
  @TearDown
  public void close() {
    blocks.close();
  }

  /** One thread with its slot. */
  @State(Scope.Thread)
  public static class Worker {

    private BlockAllocator blocks;
    private int slot;
    private int sizeBytes;

    /** Takes part. */
    @Setup
    public void start(PairBenchmark benchmark, ThreadParams thread) {
      blocks = benchmark.blocks;
      blocks.threadStarts();
      slot = Slots.apart(thread.getThreadIndex());
      sizeBytes = benchmark.size;
    }

    /** Ends. */
    @TearDown
    public void end() {
      blocks.threadEnds();
    }
  }

  /** One pair: allocate and free. */
  @Benchmark
  public void pair(Worker worker) {
    Pairs.pair(worker.blocks, worker.slot, worker.sizeBytes);
  }
}
