package io.quarry.bench.jmh;

import io.quarry.bench.blocks.BlockAllocator;
import io.quarry.bench.blocks.Peer;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.OneToOneConcurrentArrayQueue;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Group;
import org.openjdk.jmh.annotations.GroupThreads;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Control;

/** One thread allocates blocks of 64 bytes in batches, another one frees them. */
@State(Scope.Group)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 3, jvmArgsAppend = Flags.OPEN_INTERNAL_MISC)
public class HandoffBenchmark {

  private static final int BATCH = 256;
  private static final int BATCHES = 16;
  private static final int SIZE_BYTES = 64;

  /** The compared allocator. */
  @Param({"quarry", "direct", "unsafe-malloc"})
  public String allocator;

  private final long[] handles = new long[BATCH * BATCHES];
  private Queue<Integer> filled;
  private Queue<Integer> empty;
  private BlockAllocator blocks;

  /** Opens the allocator. */
  @Setup
  public void open() {
    blocks = Peer.of(allocator).open(handles.length);
    filled = new OneToOneConcurrentArrayQueue<>(BATCHES);
    empty = new OneToOneConcurrentArrayQueue<>(BATCHES);
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
  public void allocate(Control control) {
    final Integer batch = poll(empty, control);
    if (batch != null) {
      final int first = batch * BATCH;
      for (int slot = first; slot < first + BATCH; slot++) {
        handles[slot] = blocks.allocate(slot, SIZE_BYTES);
        blocks.touchPages(slot, handles[slot], SIZE_BYTES);
      }
      filled.add(batch);
    }
  }

  /** Frees one batch. */
  @Benchmark
  @Group("handoff")
  @GroupThreads(1)
  @OperationsPerInvocation(BATCH)
  public void free(Control control) {
    final Integer batch = poll(filled, control);
    if (batch != null) {
      freeAll(batch);
      empty.add(batch);
    }
  }

  private void freeAll(int batch) {
    final int first = batch * BATCH;
    for (int slot = first; slot < first + BATCH; slot++) {
      blocks.free(slot, handles[slot]);
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
