package io.quarry.bench.blocks;

import io.netty.buffer.AdaptiveByteBufAllocator;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import java.util.Optional;

/**
 * Direct buffers of one of Netty's allocators, with its default settings and leak detection off, as
 * in production. A buffer is a {@link ByteBuf}, kept in its slot until it is released; its memory
 * is touched by address, as Netty's own transports do it.
 */
final class NettyBlocks implements BlockAllocator {

  private final ByteBufAllocator allocator;
  private final ByteBuf[] buffers;

  private NettyBlocks(ByteBufAllocator allocator, int slots) {
    // The detector asks for its level at every buffer, so this is in time.
    ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.DISABLED);
    this.allocator = allocator;
    this.buffers = new ByteBuf[slots];
  }

  /** Netty's arenas with a cache for each thread, the allocator of 4.1. */
  static NettyBlocks pooled(int slots) {
    return new NettyBlocks(PooledByteBufAllocator.DEFAULT, slots);
  }

  /** The allocator that is Netty's default from 4.2 on. */
  static NettyBlocks adaptive(int slots) {
    return new NettyBlocks(new AdaptiveByteBufAllocator(), slots);
  }

  /** Why the buffers have no address in this JVM, or none that Netty finds; empty if they have. */
  static Optional<String> unavailable() {
    final ByteBuf buffer = PooledByteBufAllocator.DEFAULT.directBuffer(MIN_SIZE_BYTES);
    try {
      return buffer.hasMemoryAddress()
          ? Optional.empty()
          : Optional.of(
              "Netty's direct buffers have no memory address in this JVM: it takes"
                  + " --sun-misc-unsafe-memory-access=allow on JDK 23 and newer, and no"
                  + " -Dio.netty.noUnsafe=true");
    } finally {
      buffer.release();
    }
  }

  @Override
  public long allocate(int slot, int sizeBytes) {
    final ByteBuf buffer = allocator.directBuffer(sizeBytes);
    buffers[slot] = buffer;
    return buffer.memoryAddress();
  }

  @Override
  public void free(int slot, long handle) {
    final ByteBuf buffer = buffers[slot];
    buffers[slot] = null;
    buffer.release();
  }

  @Override
  public void touch(int slot, long handle, int sizeBytes, long stamp) {
    RawMemory.touch(handle, sizeBytes, stamp);
  }

  @Override
  public void touchPages(int slot, long handle, int sizeBytes) {
    RawMemory.touchPages(handle, sizeBytes);
  }

  @Override
  public boolean holds(int slot, long handle, int sizeBytes, long stamp) {
    return RawMemory.holds(handle, sizeBytes, stamp);
  }

  @Override
  public void close() {
    // Netty's pools live as long as the process; an adaptive one goes with its last reference.
  }
}
