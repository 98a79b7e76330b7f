package io.quarry.bench.blocks;

/** Blocks that are known by address, which is the handle: only the two calls are left to say. */
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

  @Override
  public void close() {
    // Most of them are the process's and hold nothing of their own.
  }

  /** An address from a function that answers "no memory" with a null pointer. */
  static long present(long address, int sizeBytes) {
    if (address == 0) {
      throw new OutOfMemoryError("no memory for a block of " + sizeBytes + " bytes");
    }
    return address;
  }
}
