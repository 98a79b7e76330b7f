package io.quarry.bench.blocks;

import org.agrona.UnsafeApi;

/** The C library's {@code malloc} as the JDK exposes it: {@code Unsafe.allocateMemory}. */
final class UnsafeMallocBlocks implements BlockAllocator {

  @Override
  public long allocate(int slot, int sizeBytes) {
    return UnsafeApi.allocateMemory(sizeBytes);
  }

  @Override
  public void free(int slot, long handle) {
    UnsafeApi.freeMemory(handle);
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
  public void close() {}
}
