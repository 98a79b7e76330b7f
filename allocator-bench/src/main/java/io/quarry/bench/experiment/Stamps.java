package io.quarry.bench.experiment;

/**
 * The checksum that a block holds at both ends: its identity, mixed so that neighbouring identities
 * have nothing in common. It can be undone, so whoever moves a block learns from it whose it is.
 */
public final class Stamps {

  private static final long FIRST = 0xff51afd7ed558ccdL;
  private static final long SECOND = 0xc4ceb9fe1a85ec53L;
  private static final long FIRST_INVERSE = inverse(FIRST);
  private static final long SECOND_INVERSE = inverse(SECOND);
  private static final int SHIFT = 33;

  private Stamps() {}

  /** The checksum of an identity. */
  public static long of(long identity) {
    long mixed = fold(identity) * FIRST;
    mixed = fold(mixed) * SECOND;
    return fold(mixed);
  }

  /** The identity that has that checksum. */
  public static long identityOf(long stamp) {
    long mixed = fold(stamp) * SECOND_INVERSE;
    mixed = fold(mixed) * FIRST_INVERSE;
    return fold(mixed);
  }

  /** Its own inverse, as the shift is more than half of the bits. */
  private static long fold(long value) {
    return value ^ value >>> SHIFT;
  }

  /** Modulo 2^64; each step of Newton's method doubles the number of right bits. */
  private static long inverse(long odd) {
    long inverse = odd;
    for (int bits = 3; bits < Long.SIZE; bits *= 2) {
      inverse *= 2 - odd * inverse;
    }
    return inverse;
  }
}
