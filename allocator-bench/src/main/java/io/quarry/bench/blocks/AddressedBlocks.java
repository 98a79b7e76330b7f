package io.quarry.bench.blocks;

import org.agrona.concurrent.UnsafeBuffer;

/** Blocks whose handle is their address: only the calls of the allocator are left to say. */
abstract class AddressedBlocks implements BlockAllocator {

  @Override
  public final void touch(int slot, long handle, int sizeBytes, long stamp) {
    RawMemory.touch(handle, sizeBytes, stamp);
  }

  @Override
  public final void touchPages(int slot, long handle, int sizeBytes) {
    RawMemory.touchPages(handle, sizeBytes);
  }

  @Override
  public final boolean holds(int slot, long handle, int sizeBytes, long stamp) {
    return RawMemory.holds(handle, sizeBytes, stamp);
  }

  /** Through Agrona, which is how a program on JDK 17 sees memory that it knows by address. */
  @Override
  public long throughView(int slot, long handle, int sizeBytes, long value) {
    return throughBuffer(new UnsafeBuffer(handle, sizeBytes), sizeBytes, value);
  }

  @Override
  public void close() {
    // Most of them are the process's and hold nothing of their own.
  }

  static long throughBuffer(UnsafeBuffer buffer, int sizeBytes, long value) {
    buffer.putLong(0, value);
    buffer.putLong(sizeBytes - Long.BYTES, value);
    return buffer.getLong(0);
  }

  /** An address from a function that answers "no memory" with a null pointer. */
  static long present(long address, int sizeBytes) {
    if (address == 0) {
      throw new OutOfMemoryError("no memory for a block of " + sizeBytes + " bytes");
    }
    return address;
  }
}
