package io.quarry.allocator;

import io.quarry.posix.NativeMemory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.SplittableRandom;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Writes and recognises the contents of blocks. Each byte depends on the seed and on its offset, so
 * that neither shifted nor foreign contents pass. For one thread at a time.
 */
final class Contents {
  private static final int CHUNK_BYTES = 1 << 20;

  private final UnsafeBuffer view = new UnsafeBuffer(0L, 0);

  /** A block and what it was asked to be. */
  record Piece(long address, long size, long usable) {}

  long getLong(final long address) {
    view.wrap(address, Long.BYTES);
    return view.getLong(0);
  }

  void putLong(final long address, final long value) {
    view.wrap(address, Long.BYTES);
    view.putLong(0, value);
  }

  void fill(final long address, final long size, final long seed) {
    final long words = size >>> 3;
    for (long i = 0; i < words; i++) {
      putLong(address + (i << 3), pattern(seed, i));
    }
    for (long at = words << 3; at < size; at++) {
      view.wrap(address + at, 1);
      view.putByte(0, tailByte(seed, words, at));
    }
  }

  /** Whether a block holds what {@link #fill} of the same seed wrote, up to a size. */
  boolean holds(final long address, final long size, final long seed) {
    final long words = size >>> 3;
    for (long i = 0; i < words; i++) {
      if (getLong(address + (i << 3)) != pattern(seed, i)) {
        return false;
      }
    }
    for (long at = words << 3; at < size; at++) {
      view.wrap(address + at, 1);
      if (view.getByte(0) != tailByte(seed, words, at)) {
        return false;
      }
    }
    return true;
  }

  private static long pattern(final long seed, final long index) {
    final long x = (seed + index) * 0x9E3779B97F4A7C15L;
    return x ^ x >>> 29;
  }

  /**
   * The byte of the word that the size cuts off: in a larger block the same offset holds the same.
   */
  private static byte tailByte(final long seed, final long word, final long at) {
    final int shift =
        ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN
            ? (int) (at & 7) << 3
            : 56 - ((int) (at & 7) << 3);
    return (byte) (pattern(seed, word) >>> shift);
  }

  /** Whether all bytes of a range are zero. */
  static boolean isZero(final long address, final long size) {
    for (long at = 0; at < size; at += CHUNK_BYTES) {
      final int length = (int) Math.min(CHUNK_BYTES, size - at);
      final ByteBuffer bytes = NativeMemory.byteBuffer(address + at, length);
      if (bytes.mismatch(ByteBuffer.allocate(length)) >= 0) {
        return false;
      }
    }
    return true;
  }

  static void dirty(final long address, final long size) {
    NativeMemory.fill(address, size, (byte) 0xA5);
  }

  /** Fails if two blocks share a byte, or one is aligned or sized badly. */
  static void requireApart(final List<Piece> pieces) {
    final Piece[] sorted = pieces.toArray(Piece[]::new);
    java.util.Arrays.sort(sorted, java.util.Comparator.comparingLong(Piece::address));
    for (int i = 0; i < sorted.length; i++) {
      final Piece piece = sorted[i];
      if ((piece.address & 15) != 0 || piece.usable < piece.size) {
        throw new AssertionError("not fit for use: " + piece);
      }
      if (i > 0 && sorted[i - 1].address + sorted[i - 1].usable > piece.address) {
        throw new AssertionError(sorted[i - 1] + " overlaps " + piece);
      }
    }
  }

  /** Puts an array into a random order that the seed fixes. */
  static <T> void shuffle(final List<T> list, final long seed) {
    java.util.Collections.shuffle(
        list, new java.util.Random(new SplittableRandom(seed).nextLong()));
  }
}
