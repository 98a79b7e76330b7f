package io.quarry.bench.blocks;

import io.netty.buffer.AdaptiveByteBufAllocator;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * Direct buffers of one of Netty's allocators, with its default settings and leak detection off, as
 * in production. A buffer is a {@link ByteBuf}, kept in its slot until it is released; its memory
 * is touched by address, as Netty's own transports do it.
 */
final class NettyBlocks extends AddressedBlocks
    implements ZeroedBlocks, ResizableBlocks, ByteBufferBlocks {

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

  /** The pools give out what was used before: their users clear it. */
  @Override
  public long allocateZeroed(int slot, int sizeBytes) {
    final long address = allocate(slot, sizeBytes);
    buffers[slot].setZero(0, sizeBytes);
    return address;
  }

  @Override
  public long reallocate(int slot, long handle, int newSizeBytes) {
    return buffers[slot].capacity(newSizeBytes).memoryAddress();
  }

  @Override
  public void free(int slot, long handle) {
    final ByteBuf buffer = buffers[slot];
    buffers[slot] = null;
    buffer.release();
  }

  /** A buffer of Netty is its own view, with every access checked. */
  @Override
  public long throughView(int slot, long handle, int sizeBytes, long value) {
    final ByteBuf buffer = buffers[slot];
    buffer.setLongLE(0, value);
    buffer.setLongLE(sizeBytes - Long.BYTES, value);
    return buffer.getLongLE(0);
  }

  @Override
  public ByteBuffer byteBuffer(int slot, long handle, int sizeBytes) {
    return buffers[slot].nioBuffer(0, sizeBytes);
  }
}
