package io.quarry.allocator;

import io.quarry.posix.NativeMemory;
import java.nio.ByteBuffer;

/** Marks the contents of a block here and there, so that large ones are not made resident. */
final class SparseStamp {
  private static final int DISTANCE = 61_441;

  private SparseStamp() {}

  /** Marks a block, its last byte included. */
  static void write(final long address, final long size, final byte stamp) {
    if (size > 0) {
      final ByteBuffer bytes = NativeMemory.byteBuffer(address, (int) size);
      for (int i = 0; i < size; i += DISTANCE) {
        bytes.put(i, (byte) (stamp + i));
      }
      bytes.put((int) size - 1, stamp);
    }
  }

  /** Fails if the marks within so many bytes are not there; the last one, if they are the whole. */
  static void require(
      final long address, final long size, final byte stamp, final boolean isWhole) {
    if (size > 0) {
      final ByteBuffer bytes = NativeMemory.byteBuffer(address, (int) size);
      for (int i = 0; i < size - 1; i += DISTANCE) {
        requireByte(bytes, address, i, (byte) (stamp + i));
      }
      if (isWhole) {
        requireByte(bytes, address, (int) size - 1, stamp);
      }
    }
  }

  /** Fails if a block is not zero, as far as it is looked at. */
  static void requireZero(final long address, final long size) {
    if (size > 0) {
      final ByteBuffer bytes = NativeMemory.byteBuffer(address, (int) size);
      for (int i = 0; i < size; i += 4_095) {
        requireByte(bytes, address, i, (byte) 0);
      }
      for (int i = (int) Math.max(0, size - 64); i < size; i++) {
        requireByte(bytes, address, i, (byte) 0);
      }
    }
  }

  private static void requireByte(
      final ByteBuffer bytes, final long address, final int at, final byte expected) {
    if (bytes.get(at) != expected) {
      throw new AssertionError(
          String.format("byte %d at 0x%x is %d, not %d", at, address, bytes.get(at), expected));
    }
  }
}
