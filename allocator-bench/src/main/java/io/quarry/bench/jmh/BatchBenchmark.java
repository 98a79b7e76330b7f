package io.quarry.bench.jmh;

import io.quarry.bench.blocks.BlockAllocator;
import java.util.SplittableRandom;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * Allocates 1,000 blocks and then frees all of them: in the order they came, in the reverse order,
 * or in a random one. The time is that of one block, allocated and freed.
 */
@State(Scope.Thread)
public class BatchBenchmark extends AllocatorBenchmark {

  private static final int COUNT = 1_000;
  private static final int SEED = 42;

  /** In which order the blocks are freed. */
  public enum Order {
    /** First in, first out. */
    FIFO,
    /** Last in, first out. */
    LIFO,
    /** Shuffled. */
    RANDOM
  }

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

  /** In which order they are freed. */
  @Param public Order order;

  /** Bytes a block. */
  @Param("64")
  public int size;

  private final long[] handles = new long[COUNT];
  private int[] freed;
  private BlockAllocator blocks;

  /** Opens the allocator. */
  @Setup
  public void open() {
    blocks = peer(allocator).openThreadBound(COUNT);
    blocks.threadStarts();
    freed = new int[COUNT];
    final SplittableRandom random = new SplittableRandom(SEED);
    for (int i = 0; i < COUNT; i++) {
      freed[i] = order == Order.LIFO ? COUNT - 1 - i : i;
      if (order == Order.RANDOM) {
        final int other = random.nextInt(i + 1);
        freed[i] = freed[other];
        freed[other] = i;
      }
    }
  }

  /** Closes the allocator. */
  @TearDown
  public void close() {
    blocks.threadEnds();
    blocks.close();
  }

  /** One batch. */
  @Benchmark
  @OperationsPerInvocation(COUNT)
  public void batch() {
    final BlockAllocator allocating = blocks;
    for (int slot = 0; slot < COUNT; slot++) {
      final long handle = allocating.allocate(slot, size);
      allocating.touchPages(slot, handle, size);
      handles[slot] = handle;
    }
    for (final int slot : freed) {
      allocating.free(slot, handles[slot]);
    }
  }
}
