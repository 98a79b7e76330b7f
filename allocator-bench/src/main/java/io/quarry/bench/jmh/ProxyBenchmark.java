package io.quarry.bench.jmh;

import io.quarry.bench.blocks.BlockAllocator;
import io.quarry.bench.loops.ReplacementPlan;
import io.quarry.bench.loops.Replacements;
import java.util.concurrent.CountDownLatch;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.infra.ThreadParams;

/**
 * PROXY: replaces a random one of 8,192 live network buffers, with the sizes that Netty observed in
 * a web-socket proxy. With two threads: {@code -t 2}.
 */
@State(Scope.Benchmark)
public class ProxyBenchmark extends AllocatorBenchmark {

  static final int LIVE = 8192;

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

  private ReplacementPlan plan;
  private BlockAllocator blocks;
  private CountDownLatch working;

  /** Opens the allocator and draws what is replaced. */
  @Setup
  public void open(BenchmarkParams benchmark) {
    plan = ReplacementPlan.proxy(LIVE);
    blocks = peer(allocator).openThreadBound(LIVE * benchmark.getThreads());
    working = new CountDownLatch(benchmark.getThreads());
  }

  /** Closes the allocator, when the last thread has freed its blocks: JMH calls it before. */
  @TearDown
  public void close() throws InterruptedException {
    working.await();
    blocks.close();
  }

  /** One thread with its live blocks. */
  @State(Scope.Thread)
  public static class Worker {

    private BlockAllocator blocks;
    private Replacements replacements;
    private CountDownLatch working;

    /** Fills the live set. */
    @Setup
    public void start(ProxyBenchmark benchmark, ThreadParams thread) {
      blocks = benchmark.blocks;
      working = benchmark.working;
      blocks.threadStarts();
      replacements =
          new Replacements(benchmark.plan, blocks, thread.getThreadIndex() * benchmark.plan.live());
    }

    /** Frees the live set. */
    @TearDown
    public void end() {
      try {
        replacements.freeAll();
        blocks.threadEnds();
      } finally {
        working.countDown();
      }
    }
  }

  /** One replacement: a free and an allocation. */
  @Benchmark
  public void replace(Worker worker) {
    worker.replacements.replace();
  }
}
