package io.quarry.bench.jmh;

import io.quarry.bench.blocks.ResizableBlocks;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * realloc: a block grows from 64 bytes by doubling, with all its pages touched each time, and is
 * freed. Left out: {@code direct}, {@code direct-gc} and {@code ffm-arena}, whose blocks have a
 * fixed size.
 */
@State(Scope.Thread)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class GrowthBenchmark extends AllocatorBenchmark {

  private static final int FIRST_BYTES = 64;

  /** The compared allocator. */
  @Param({
    "quarry",
    "unsafe-malloc",
    "netty-pooled",
    "netty-adaptive",
    "lwjgl-jemalloc",
    "lwjgl-rpmalloc",
    "ffm-malloc",
    "ffm-mimalloc",
    "ffm-jemalloc",
    "ffm-tcmalloc"
  })
  public String allocator;

  /** The size at which it ends, in bytes. */
  @Param({"67108864", "1048576"})
  public int lastSize;

  private ResizableBlocks blocks;

  /** Opens the allocator. */
  @Setup
  public void open() {
    blocks = able(peer(allocator).openThreadBound(1), ResizableBlocks.class, allocator);
    blocks.threadStarts();
  }

  /** Closes the allocator. */
  @TearDown
  public void close() {
    blocks.threadEnds();
    blocks.close();
  }

  /** One block from its first size to its last. */
  @Benchmark
  public void grow() {
    final ResizableBlocks allocating = blocks;
    long handle = allocating.allocate(0, FIRST_BYTES);
    allocating.touchPages(0, handle, FIRST_BYTES);
    for (int sizeBytes = 2 * FIRST_BYTES; sizeBytes <= lastSize; sizeBytes *= 2) {
      handle = allocating.reallocate(0, handle, sizeBytes);
      allocating.touchPages(0, handle, sizeBytes);
    }
    allocating.free(0, handle);
  }
}
