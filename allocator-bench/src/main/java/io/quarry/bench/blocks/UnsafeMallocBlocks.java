package io.quarry.bench.blocks;

import org.agrona.UnsafeApi;

/** The C library's {@code malloc} as the JDK exposes it: {@code Unsafe.allocateMemory}. */
final class UnsafeMallocBlocks extends AddressedBlocks {

  @Override
  public long allocate(int slot, int sizeBytes) {
    return UnsafeApi.allocateMemory(sizeBytes);
  }

  @Override
  public void free(int slot, long handle) {
    UnsafeApi.freeMemory(handle);
  }
}
