package io.quarry.bench.jmh;

import io.quarry.bench.blocks.BlockAllocator;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * Allocates a block, makes the view that users of the allocator work with, writes and reads through
 * it, and frees the block. The view is an Agrona buffer for what is known by address on JDK 17, a
 * {@code MemorySegment} for {@code ffm}, and the buffer itself for Netty and the JDK.
 */
@State(Scope.Thread)
public class ViewBenchmark extends AllocatorBenchmark {

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
  @Param("64")
  public int size;

  private BlockAllocator blocks;

  /** Opens the allocator. */
  @Setup
  public void open() {
    blocks = peer(allocator).openThreadBound(1);
    blocks.threadStarts();
  }

  /** Closes the allocator. */
  @TearDown
  public void close() {
    blocks.threadEnds();
    blocks.close();
  }

  /** One pair, used through a view. */
  @Benchmark
  public long buffer() {
    final BlockAllocator allocating = blocks;
    final int sizeBytes = size;
    final long handle = allocating.allocate(0, sizeBytes);
    final long read = allocating.throughView(0, handle, sizeBytes, handle);
    allocating.free(0, handle);
    return read;
  }
}
