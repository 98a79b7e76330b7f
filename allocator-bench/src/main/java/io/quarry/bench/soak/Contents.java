package io.quarry.bench.soak;

import io.quarry.bench.experiment.Stamps;
import org.agrona.UnsafeApi;

/**
 * What a block holds, all of it: words that follow from its identity. The first is the stamp of the
 * identity, which whoever moves the block can read from the copy.
 */
final class Contents {

  /** The least block from which the identity can be read. */
  static final int LEAST_BYTES = Long.BYTES;

  /** Odd, so that two words of a block are the same after 2^64 words only. */
  private static final long STEP = 0x9e3779b97f4a7c15L;

  private Contents() {}

  static void fill(long address, long sizeBytes, long identity) {
    long word = Stamps.of(identity);
    long at = 0;
    for (; at + Long.BYTES <= sizeBytes; at += Long.BYTES) {
      UnsafeApi.putLong(address + at, word);
      word += STEP;
    }
    for (; at < sizeBytes; at++) {
      UnsafeApi.putByte(address + at, (byte) word);
      word >>>= Byte.SIZE;
    }
  }

  /** Fails if the first bytes of a block, which has as many at least, are not those of its fill. */
  static void verify(long address, long bytes, long identity) {
    long word = Stamps.of(identity);
    long at = 0;
    for (; at + Long.BYTES <= bytes; at += Long.BYTES) {
      final long found = UnsafeApi.getLong(address + at);
      if (found != word) {
        throw changed(address, bytes, identity, at, found, word);
      }
      word += STEP;
    }
    for (; at < bytes; at++) {
      final byte found = UnsafeApi.getByte(address + at);
      if (found != (byte) word) {
        throw changed(address, bytes, identity, at, found & 0xff, word & 0xff);
      }
      word >>>= Byte.SIZE;
    }
  }

  static void verifyZero(long address, long bytes) {
    for (long at = 0; at < bytes; at++) {
      if (UnsafeApi.getByte(address + at) != 0) {
        throw new Divergence(
            String.format("calloc gave a block at 0x%x that is not zero at byte %d", address, at));
      }
    }
  }

  /** The identity of a block, or anything if it was not filled. */
  static long identityAt(long address) {
    return Stamps.identityOf(UnsafeApi.getLong(address));
  }

  private static Divergence changed(
      long address, long bytes, long identity, long at, long found, long expected) {
    return new Divergence(
        String.format(
            "corruption: block %x at 0x%x, of %d bytes: at byte %d it holds %x instead of %x",
            identity, address, bytes, at, found, expected));
  }
}
