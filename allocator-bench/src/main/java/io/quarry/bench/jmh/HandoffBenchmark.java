package io.quarry.bench.jmh;

import io.quarry.bench.blocks.BlockAllocator;
import java.util.Queue;
import org.agrona.concurrent.ManyToManyConcurrentArrayQueue;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Group;
import org.openjdk.jmh.annotations.GroupThreads;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.infra.Control;

/**
 * Remote free: one thread allocates blocks of 64 bytes in batches, or three do, and another one
 * frees them. The freeing side tells the rate of all; with three allocating threads, each of them
 * takes three times as long for one of its own.
 */
@State(Scope.Group)
public class HandoffBenchmark extends AllocatorBenchmark {

  private static final int BATCH = 256;
  private static final int BATCHES = 16;
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

  private final long[] handles = new long[BATCH * BATCHES];
  private Queue<Integer> filled;
  private Queue<Integer> empty;
  private BlockAllocator blocks;

  /** Opens the allocator. */
  @Setup
  public void open() {
    blocks = peer(allocator).open(handles.length);
    filled = new ManyToManyConcurrentArrayQueue<>(BATCHES);
    empty = new ManyToManyConcurrentArrayQueue<>(BATCHES);
    for (int i = 0; i < BATCHES; i++) {
      empty.add(i);
    }
  }

  /** Frees what was on its way when the iteration ended, so that the next one starts alike. */
  @TearDown(Level.Iteration)
  public void drain() {
    for (Integer batch = filled.poll(); batch != null; batch = filled.poll()) {
      freeAll(batch);
      empty.add(batch);
    }
  }

  /** Closes the allocator. */
  @TearDown
  public void close() {
    blocks.close();
  }

  /** Allocates one batch. */
  @Benchmark
  @Group("handoff")
  @GroupThreads(1)
  @OperationsPerInvocation(BATCH)
  public void allocate(Worker worker, Control control) {
    allocateBatch(control);
  }

  /** Frees one batch. */
  @Benchmark
  @Group("handoff")
  @GroupThreads(1)
  @OperationsPerInvocation(BATCH)
  public void free(Worker worker, Control control) {
    freeBatch(control);
  }

  /** Allocates one batch, as one of three threads. */
  @Benchmark
  @Group("fanIn")
  @GroupThreads(3)
  @OperationsPerInvocation(BATCH)
  public void allocateAsOneOfThree(Worker worker, Control control) {
    allocateBatch(control);
  }

  /** Frees one batch of any of the three. */
  @Benchmark
  @Group("fanIn")
  @GroupThreads(1)
  @OperationsPerInvocation(BATCH)
  public void freeForAllThree(Worker worker, Control control) {
    freeBatch(control);
  }

  /** One thread of the group. */
  @State(Scope.Thread)
  public static class Worker {

    private BlockAllocator blocks;

    /** Takes part. */
    @Setup
    public void start(HandoffBenchmark group) {
      blocks = group.blocks;
      blocks.threadStarts();
    }

    /** Ends. */
    @TearDown
    public void end() {
      blocks.threadEnds();
    }
  }

  private void allocateBatch(Control control) {
    final Integer batch = poll(empty, control);
    if (batch != null) {
      final int first = batch * BATCH;
      for (int slot = first; slot < first + BATCH; slot++) {
        handles[slot] = blocks.allocate(slot, SIZE_BYTES);
        blocks.touchPages(slot, handles[slot], SIZE_BYTES);
      }
      offer(filled, batch);
    }
  }

  private void freeBatch(Control control) {
    final Integer batch = poll(filled, control);
    if (batch != null) {
      freeAll(batch);
      offer(empty, batch);
    }
  }

  private void freeAll(int batch) {
    final int first = batch * BATCH;
    for (int slot = first; slot < first + BATCH; slot++) {
      blocks.free(slot, handles[slot]);
    }
  }

  /**
   * There is room for all batches, but a thread that is just taking one may still be in the way.
   */
  private static void offer(Queue<Integer> queue, Integer batch) {
    while (!queue.offer(batch)) {
      Thread.yield();
    }
  }

  /** Waits for a batch, or until the other thread of the group may have gone. */
  private static Integer poll(Queue<Integer> queue, Control control) {
    Integer batch = queue.poll();
    for (int spins = 0; batch == null && !control.stopMeasurement; spins++) {
      if (spins < 1_000) {
        Thread.onSpinWait();
      } else {
        Thread.yield();
      }
      batch = queue.poll();
    }
    return batch;
  }
}
