package io.quarry.bench.blocks;

import org.agrona.UnsafeApi;

/** The C library's {@code malloc} as the JDK exposes it: {@code Unsafe.allocateMemory}. */
final class UnsafeMallocBlocks extends AddressedBlocks implements ZeroedBlocks, ResizableBlocks {

  @Override
  public long allocate(int slot, int sizeBytes) {
    return UnsafeApi.allocateMemory(sizeBytes);
  }

  /** There is no calloc here: its users clear the block. */
  @Override
  public long allocateZeroed(int slot, int sizeBytes) {
    final long address = UnsafeApi.allocateMemory(sizeBytes);
    UnsafeApi.setMemory(address, sizeBytes, (byte) 0);
    return address;
  }

  @Override
  public long reallocate(int slot, long handle, int newSizeBytes) {
    return UnsafeApi.reallocateMemory(handle, newSizeBytes);
  }

  @Override
  public void free(int slot, long handle) {
    UnsafeApi.freeMemory(handle);
  }
}
