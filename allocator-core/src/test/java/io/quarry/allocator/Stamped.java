package io.quarry.allocator;

import java.util.SplittableRandom;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Values that tell whether they are whole: key, size and seed in the first three words, and in the
 * rest what follows from them. For one thread.
 */
final class Stamped {
  private static final int HEADER_BYTES = 24;
  private static final int MOST_BYTES = 1 << 16;

  private final UnsafeBuffer view = new UnsafeBuffer(0L, 0);
  private final SplittableRandom random;

  Stamped(final long seed) {
    random = new SplittableRandom(seed);
  }

  SplittableRandom random() {
    return random;
  }

  /** A size that is a multiple of eight: sizes of one class in one run, of another in the next. */
  int anySize(final boolean small) {
    return small ? HEADER_BYTES + 8 * random.nextInt(12) : 200 + 8 * random.nextInt(80);
  }

  void write(final long address, final long key, final int size, final long seed) {
    view.wrap(address, size);
    view.putLong(0, key);
    view.putLong(8, size);
    view.putLong(16, seed);
    for (int at = HEADER_BYTES; at < size; at += 8) {
      view.putLong(at, word(key, seed, at));
    }
  }

  /** Writes another value of the same key and size in place. */
  void rewrite(final long address, final long seed) {
    write(address, key(address), size(address), seed);
  }

  long key(final long address) {
    view.wrap(address, 8);
    return view.getLong(0);
  }

  int size(final long address) {
    view.wrap(address, 16);
    return (int) view.getLong(8);
  }

  /** Fails if the block at an address is not the whole value of a key. */
  void check(final long address, final long key) {
    view.wrap(address, HEADER_BYTES);
    final long foundKey = view.getLong(0);
    final long size = view.getLong(8);
    final long seed = view.getLong(16);
    if (foundKey != key || size < HEADER_BYTES || size > MOST_BYTES) {
      throw new AssertionError(
          String.format("at 0x%x: key %d of %d bytes, not %d", address, foundKey, size, key));
    }
    view.wrap(address, (int) size);
    for (int at = HEADER_BYTES; at < size; at += 8) {
      if (view.getLong(at) != word(key, seed, at)) {
        throw new AssertionError(
            String.format("at 0x%x + %d of %d: not of key %d", address, at, size, key));
      }
    }
  }

  private static long word(final long key, final long seed, final int at) {
    final long x = (seed + key * 31 + at) * 0x9E3779B97F4A7C15L;
    return x ^ x >>> 29;
  }
}
