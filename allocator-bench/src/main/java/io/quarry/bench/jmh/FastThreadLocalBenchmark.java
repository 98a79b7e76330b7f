package io.quarry.bench.jmh;

import io.netty.util.concurrent.FastThreadLocalThread;
import io.quarry.bench.blocks.BlockAllocator;
import io.quarry.bench.loops.Pairs;
import io.quarry.bench.loops.ReplacementPlan;
import io.quarry.bench.loops.Replacements;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * Netty's allocators on Netty's own threads, their best case: there a cache for each thread is
 * found without a hash table. The rest as in {@link PairBenchmark}, {@link ChurnBenchmark} and
 * {@link ProxyBenchmark}.
 */
@State(Scope.Benchmark)
@Fork(
    value = 3,
    jvmArgsAppend = {
      Flags.OPEN_INTERNAL_MISC,
      "-Djmh.executor=CUSTOM",
      "-Djmh.executor.class=io.quarry.bench.jmh.FastThreadLocalThreads"
    })
public class FastThreadLocalBenchmark extends AllocatorBenchmark {

  private static final int CHURN_LIVE = 4096;
  private static final int PAIR_BYTES = 64;

  /** The compared allocator. */
  @Param({"netty-pooled", "netty-adaptive"})
  public String allocator;

  private ReplacementPlan churn;
  private ReplacementPlan proxy;

  /** Draws what is replaced. */
  @Setup
  public void open() {
    churn = ReplacementPlan.uniform(CHURN_LIVE);
    proxy = ReplacementPlan.proxy(ProxyBenchmark.LIVE);
  }

  /** One pair of 64 bytes. */
  @Benchmark
  public void pair(PairWorker worker) {
    Pairs.pair(worker.blocks, 0, PAIR_BYTES);
  }

  /** One replacement of {@link ChurnBenchmark} with 4,096 live blocks. */
  @Benchmark
  public void churn(ChurnWorker worker) {
    worker.replacements.replace();
  }

  /** One replacement of {@link ProxyBenchmark}. */
  @Benchmark
  public void proxy(ProxyWorker worker) {
    worker.replacements.replace();
  }

  /** One thread with one block. */
  @State(Scope.Thread)
  public static class PairWorker {

    private BlockAllocator blocks;

    /** Opens the allocator, whose pools are the process's. */
    @Setup
    public void start(FastThreadLocalBenchmark benchmark) {
      blocks = benchmark.onFastThread(1);
    }
  }

  /** One thread with the live blocks of churn. */
  @State(Scope.Thread)
  public static class ChurnWorker {

    private Replacements replacements;

    /** Fills the live set. */
    @Setup
    public void start(FastThreadLocalBenchmark benchmark) {
      replacements = new Replacements(benchmark.churn, benchmark.onFastThread(CHURN_LIVE), 0);
    }

    /** Frees the live set. */
    @TearDown
    public void end() {
      replacements.freeAll();
    }
  }

  /** One thread with the live blocks of PROXY. */
  @State(Scope.Thread)
  public static class ProxyWorker {

    private Replacements replacements;

    /** Fills the live set. */
    @Setup
    public void start(FastThreadLocalBenchmark benchmark) {
      replacements =
          new Replacements(benchmark.proxy, benchmark.onFastThread(ProxyBenchmark.LIVE), 0);
    }

    /** Frees the live set. */
    @TearDown
    public void end() {
      replacements.freeAll();
    }
  }

  private BlockAllocator onFastThread(int slots) {
    if (!(Thread.currentThread() instanceof FastThreadLocalThread)) {
      throw new IllegalStateException(
          "this runs on "
              + Thread.currentThread()
              + " and not on a thread of Netty; leave -jvmArgsAppend to the benchmark and give"
              + " flags by -jvmArgs");
    }
    return peer(allocator).openThreadBound(slots);
  }
}
