package io.quarry.bench.blocks;

import org.agrona.UnsafeApi;

/**
 * Touches blocks that are known by address. Agrona's {@code UnsafeApi} compiles to a direct call of
 * the JDK's internal {@code Unsafe}, an intrinsic, so this costs the store itself and nothing else.
 */
final class RawMemory {

  private RawMemory() {}

  static void touch(long address, int sizeBytes, long stamp) {
    UnsafeApi.putLong(address, stamp);
    final int last = sizeBytes - Long.BYTES;
    for (int offset = BlockAllocator.PAGE_BYTES;
        offset < last;
        offset += BlockAllocator.PAGE_BYTES) {
      UnsafeApi.putByte(address + offset, (byte) stamp);
    }
    UnsafeApi.putLong(address + last, ~stamp);
  }

  static void touchPages(long address, int sizeBytes) {
    UnsafeApi.putLong(address, address);
    for (int offset = BlockAllocator.PAGE_BYTES;
        offset < sizeBytes;
        offset += BlockAllocator.PAGE_BYTES) {
      UnsafeApi.putByte(address + offset, (byte) 1);
    }
  }

  static boolean holds(long address, int sizeBytes, long stamp) {
    return UnsafeApi.getLong(address) == stamp
        && UnsafeApi.getLong(address + sizeBytes - Long.BYTES) == ~stamp;
  }
}
