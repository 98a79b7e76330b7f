package io.quarry.allocator;

import java.util.Random;

/**
 * Decisions that are read from bytes, so that a history is repeated by repeating them, and becomes
 * shorter when some are left out. When there are no more, every decision is 0.
 */
final class ByteChoices extends Random {
  private static final long serialVersionUID = 1;

  private final byte[] bytes;
  private int next;

  ByteChoices(final byte[] bytes) {
    this.bytes = bytes;
  }

  /** Whether there are no more. */
  boolean areOver() {
    return next >= bytes.length;
  }

  private int nextByte() {
    return areOver() ? 0 : bytes[next++] & 0xff;
  }

  @Override
  protected int next(final int bits) {
    int value = 0;
    for (int have = 0; have < bits; have += Byte.SIZE) {
      value = value << Byte.SIZE | nextByte();
    }
    return value & (int) ((1L << bits) - 1);
  }

  /** As few bytes as will do: one for up to 256 choices. */
  @Override
  public int nextInt(final int bound) {
    int bits = Byte.SIZE;
    while (bits < Integer.SIZE && bound > 1L << bits) {
      bits += Byte.SIZE;
    }
    return Integer.remainderUnsigned(next(bits), bound);
  }

  @Override
  public boolean nextBoolean() {
    return (nextByte() & 1) != 0;
  }
}
