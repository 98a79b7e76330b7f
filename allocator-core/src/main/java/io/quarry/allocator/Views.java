package io.quarry.allocator;

import io.quarry.posix.NativeMemory;
import io.quarry.region.Region;
import io.quarry.slab.Slab;
import java.nio.ByteBuffer;

/** Makes buffers over blocks. */
final class Views {

  private Views() {}

  /** A length as buffers understand it. */
  static int lengthOf(final long size) {
    if (size > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "a block of "
              + size
              + " bytes does not fit one buffer, which holds at most 2147483647: make views of its"
              + " parts with SlabAllocator.byteBuffer(address, length) or buffer(address, length)");
    }
    return (int) size;
  }

  /** By slicing the buffer of the region, which is many times faster than making one. */
  static ByteBuffer byteBuffer(final Slab slab, final long address, final int length) {
    final Region region = slab.run().region();
    return region.hasWindow()
        ? region.window().slice((int) (address - region.base()), length)
        : byteBuffer(address, length);
  }

  /** By making one. */
  static ByteBuffer byteBuffer(final long address, final int length) {
    return NativeMemory.byteBuffer(address, length);
  }
}
