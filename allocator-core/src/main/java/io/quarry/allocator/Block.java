package io.quarry.allocator;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A block that frees itself when closed, for one owner: the easy way to use an allocator.
 *
 * <p>Views that were made of it must not be touched after {@link #close}; with {@link
 * ReturnMode#UNMAP} that can end the JVM. Where readers may still be at it, use a {@link
 * SharedBlock}.
 *
 * <p>{@code close} may be called by any thread and any number of times. The rest is as safe for use
 * by several threads as the memory itself.
 */
public final class Block implements AutoCloseable {
  private static final VarHandle ADDRESS;

  static {
    try {
      ADDRESS = MethodHandles.lookup().findVarHandle(Block.class, "address", long.class);
    } catch (final ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  private final SlabAllocator allocator;
  private final long size;
  private volatile long address;

  Block(final SlabAllocator allocator, final long size) {
    this.allocator = allocator;
    this.size = size;
    this.address = allocator.malloc(size);
  }

  /**
   * The address of the first byte.
   *
   * @throws IllegalStateException if the block is closed
   */
  public long address() {
    final long live = address;
    if (live == Allocator.NULL) {
      throw new IllegalStateException("this block of " + size + " bytes is closed");
    }
    return live;
  }

  /** The number of bytes asked for. */
  public long size() {
    return size;
  }

  /**
   * A view of the whole block, big-endian.
   *
   * @throws IllegalStateException if the block is closed
   * @throws IllegalArgumentException if it holds more than a {@code ByteBuffer} can
   */
  public ByteBuffer byteBuffer() {
    return allocator.byteBuffer(address(), Views.lengthOf(size));
  }

  /**
   * A view of the whole block.
   *
   * @throws IllegalStateException if the block is closed, or Agrona may not touch memory
   * @throws IllegalArgumentException if it holds more than a buffer can
   */
  public UnsafeBuffer buffer() {
    return allocator.buffer(address(), Views.lengthOf(size));
  }

  /** Frees the block, the first time it is called. */
  @Override
  public void close() {
    final long live = (long) ADDRESS.getAndSet(this, Allocator.NULL);
    if (live != Allocator.NULL) {
      allocator.free(live);
    }
  }
}
