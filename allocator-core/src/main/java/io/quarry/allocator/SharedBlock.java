package io.quarry.allocator;

import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A block that is freed when the last of its users lets go of it, for values that one thread reads
 * while another evicts them. It starts with one reference, its creator's. A reader brackets its
 * use:
 *
 * <pre>{@code
 * SharedBlock value = cache.get(key);
 * if (value != null && value.tryRetain()) {
 *   try (value) {
 *     // read it: the block cannot be freed here
 *   }
 * } // else it was evicted a moment ago
 * }</pre>
 *
 * <p>All methods may be called by any thread. Each successful {@link #tryRetain} must be matched by
 * one {@link #close}, and the creator's reference by one more.
 */
public final class SharedBlock implements AutoCloseable {
  private static final AtomicIntegerFieldUpdater<SharedBlock> REFERENCES =
      AtomicIntegerFieldUpdater.newUpdater(SharedBlock.class, "references");

  private final SlabAllocator allocator;
  private final long size;
  private final long address;
  private volatile int references = 1;

  SharedBlock(final SlabAllocator allocator, final long size) {
    this.allocator = allocator;
    this.size = size;
    this.address = allocator.malloc(size);
  }

  /**
   * Takes a reference, unless the block is free already.
   *
   * @return whether the block may be used until the matching {@link #close}
   * @throws IllegalStateException if there are more than two billion references
   */
  public boolean tryRetain() {
    int seen = references;
    while (seen > 0) {
      if (seen == Integer.MAX_VALUE) {
        throw new IllegalStateException("too many references: is every tryRetain() closed?");
      }
      if (REFERENCES.compareAndSet(this, seen, seen + 1)) {
        return true;
      }
      seen = references;
    }
    return false;
  }

  /**
   * Lets go of one reference; the last one frees the block.
   *
   * @throws IllegalStateException if there is none left: somebody closed once too often
   */
  @Override
  public void close() {
    // The decrement is a release as well as an acquire: what every user did to the block comes
    // before the free.
    final int left = REFERENCES.getAndUpdate(this, held -> held == 0 ? 0 : held - 1) - 1;
    if (left < 0) {
      throw new IllegalStateException("this block of " + size + " bytes is free already");
    }
    if (left == 0) {
      allocator.free(address);
    }
  }

  /**
   * The address of the first byte.
   *
   * @throws IllegalStateException if the block is free
   */
  public long address() {
    if (references == 0) {
      throw new IllegalStateException("this block of " + size + " bytes is free");
    }
    return address;
  }

  /** The number of bytes asked for. */
  public long size() {
    return size;
  }

  /**
   * A view of the whole block, big-endian. Not to be touched without a reference.
   *
   * @throws IllegalStateException if the block is free
   * @throws IllegalArgumentException if it holds more than a {@code ByteBuffer} can
   */
  public ByteBuffer byteBuffer() {
    return allocator.byteBuffer(address(), Views.lengthOf(size));
  }

  /**
   * A view of the whole block. Not to be touched without a reference.
   *
   * @throws IllegalStateException if the block is free, or Agrona may not touch memory
   * @throws IllegalArgumentException if it holds more than a buffer can
   */
  public UnsafeBuffer buffer() {
    return allocator.buffer(address(), Views.lengthOf(size));
  }
}
