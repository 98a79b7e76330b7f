package io.quarry.bench.blocks;

import java.nio.ByteBuffer;

/** {@link ByteBuffer#allocateDirect}, freed explicitly or left to the garbage collector. */
abstract class DirectBlocks implements ZeroedBlocks, ByteBufferBlocks {

  private final ByteBuffer[] buffers;

  private DirectBlocks(int slots) {
    this.buffers = new ByteBuffer[slots];
  }

  /** Buffers whose cleaner is run by {@link #free}. */
  static DirectBlocks freedExplicitly(int slots) {
    return new Cleaned(slots);
  }

  /** Buffers that {@link #free} only forgets. */
  static DirectBlocks leftToTheCollector(int slots) {
    return new Dropped(slots);
  }

  abstract void release(ByteBuffer buffer);

  @Override
  public final long allocate(int slot, int sizeBytes) {
    buffers[slot] = ByteBuffer.allocateDirect(sizeBytes);
    return slot;
  }

  /** All of them are zeroed. */
  @Override
  public final long allocateZeroed(int slot, int sizeBytes) {
    return allocate(slot, sizeBytes);
  }

  @Override
  public final void free(int slot, long handle) {
    final ByteBuffer buffer = buffers[slot];
    buffers[slot] = null;
    release(buffer);
  }

  @Override
  public final void touch(int slot, long handle, int sizeBytes, long stamp) {
    final ByteBuffer buffer = buffers[slot];
    buffer.putLong(0, stamp);
    final int last = sizeBytes - Long.BYTES;
    for (int offset = PAGE_BYTES; offset < last; offset += PAGE_BYTES) {
      buffer.put(offset, (byte) stamp);
    }
    buffer.putLong(last, ~stamp);
  }

  @Override
  public final void touchPages(int slot, long handle, int sizeBytes) {
    final ByteBuffer buffer = buffers[slot];
    buffer.putLong(0, handle);
    for (int offset = PAGE_BYTES; offset < sizeBytes; offset += PAGE_BYTES) {
      buffer.put(offset, (byte) 1);
    }
  }

  @Override
  public final long throughView(int slot, long handle, int sizeBytes, long value) {
    final ByteBuffer buffer = buffers[slot];
    buffer.putLong(0, value);
    buffer.putLong(sizeBytes - Long.BYTES, value);
    return buffer.getLong(0);
  }

  /** The buffer itself: it is what was allocated. */
  @Override
  public final ByteBuffer byteBuffer(int slot, long handle, int sizeBytes) {
    return buffers[slot];
  }

  @Override
  public final boolean holds(int slot, long handle, int sizeBytes, long stamp) {
    final ByteBuffer buffer = buffers[slot];
    return buffer.getLong(0) == stamp && buffer.getLong(sizeBytes - Long.BYTES) == ~stamp;
  }

  @Override
  public final void close() {}

  private static final class Cleaned extends DirectBlocks {
    Cleaned(int slots) {
      super(slots);
    }

    @Override
    void release(ByteBuffer buffer) {
      BufferCleaner.free(buffer);
    }
  }

  private static final class Dropped extends DirectBlocks {
    Dropped(int slots) {
      super(slots);
    }

    @Override
    void release(ByteBuffer buffer) {
      // Forgetting it is all that most programs do.
    }
  }
}
