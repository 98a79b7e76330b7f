package io.quarry.bench.jmh;

import io.quarry.bench.blocks.ByteBufferBlocks;
import java.nio.ByteBuffer;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * Allocates a block, sees it as a {@code ByteBuffer}, writes and reads through that, and frees the
 * block. Left out: {@code unsafe-malloc}, for whose addresses the JDK has no buffer on offer.
 */
@State(Scope.Thread)
public class ByteBufferBenchmark extends AllocatorBenchmark {

  /** The compared allocator. */
  @Param({
    "quarry",
    "direct",
    "direct-gc",
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

  private ByteBufferBlocks blocks;

  /** Opens the allocator. */
  @Setup
  public void open() {
    blocks = able(peer(allocator).openThreadBound(1), ByteBufferBlocks.class, allocator);
    blocks.threadStarts();
  }

  /** Closes the allocator. */
  @TearDown
  public void close() {
    blocks.threadEnds();
    blocks.close();
  }

  /** One pair, used through a buffer. */
  @Benchmark
  public long byteBuffer() {
    final ByteBufferBlocks allocating = blocks;
    final int sizeBytes = size;
    final long handle = allocating.allocate(0, sizeBytes);
    final ByteBuffer buffer = allocating.byteBuffer(0, handle, sizeBytes);
    buffer.putLong(0, handle);
    buffer.putLong(sizeBytes - Long.BYTES, handle);
    final long read = buffer.getLong(0);
    allocating.free(0, handle);
    return read;
  }
}
