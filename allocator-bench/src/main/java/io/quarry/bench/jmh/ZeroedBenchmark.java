package io.quarry.bench.jmh;

import io.quarry.bench.blocks.ZeroedBlocks;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * calloc: allocates a block of zeros, touches every page of it, and frees it. Where there is no
 * calloc ({@code unsafe-malloc}, Netty), the block is cleared as their users clear it.
 */
@State(Scope.Thread)
public class ZeroedBenchmark extends AllocatorBenchmark {

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
  @Param({"64", "1024", "16384", "262144", "1048576"})
  public int size;

  private ZeroedBlocks blocks;

  /** Opens the allocator. */
  @Setup
  public void open() {
    blocks = able(peer(allocator).openThreadBound(1), ZeroedBlocks.class, allocator);
    blocks.threadStarts();
  }

  /** Closes the allocator. */
  @TearDown
  public void close() {
    blocks.threadEnds();
    blocks.close();
  }

  /** One pair: allocate zeroed and free. */
  @Benchmark
  public void calloc() {
    final ZeroedBlocks allocating = blocks;
    final int sizeBytes = size;
    final long handle = allocating.allocateZeroed(0, sizeBytes);
    allocating.touchPages(0, handle, sizeBytes);
    allocating.free(0, handle);
  }
}
