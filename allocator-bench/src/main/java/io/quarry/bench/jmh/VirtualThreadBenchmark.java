package io.quarry.bench.jmh;

import io.quarry.bench.blocks.BlockAllocator;
import io.quarry.bench.loops.VirtualThreads;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * 10,000 virtual threads, each of which ten times allocates a block, touches it, lets others run,
 * and frees it. The time is that of one block, with its part of the threads. Needs JDK 21. Left
 * out: {@code lwjgl-rpmalloc}, which has to be told of each thread and cannot be told of these.
 */
@State(Scope.Thread)
public class VirtualThreadBenchmark extends AllocatorBenchmark {

  private static final int THREADS = 10_000;
  private static final int ROUNDS = 10;
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
    "ffm-malloc",
    "ffm-arena",
    "ffm-mimalloc",
    "ffm-jemalloc",
    "ffm-tcmalloc"
  })
  public String allocator;

  private BlockAllocator blocks;
  private ExecutorService threads;

  /** Opens the allocator. */
  @Setup
  public void open() {
    threads = VirtualThreads.executor();
    blocks = peer(allocator).openThreadBound(THREADS);
  }

  /** Closes the allocator. */
  @TearDown
  public void close() {
    threads.shutdown();
    blocks.close();
  }

  /** All threads, from their start to their end. */
  @Benchmark
  @OperationsPerInvocation(THREADS * ROUNDS)
  public void threads() throws InterruptedException {
    final CountDownLatch running = new CountDownLatch(THREADS);
    for (int i = 0; i < THREADS; i++) {
      final int slot = i;
      threads.execute(() -> live(slot, running));
    }
    running.await();
  }

  private void live(int slot, CountDownLatch running) {
    for (int round = 0; round < ROUNDS; round++) {
      final long handle = blocks.allocate(slot, SIZE_BYTES);
      blocks.touchPages(slot, handle, SIZE_BYTES);
      Thread.yield();
      blocks.free(slot, handle);
    }
    running.countDown();
  }
}
