package io.quarry.checks;

/**
 * The bytes between what was asked for and the end of the block, or the guard page: nobody is to
 * write there. Of a wide one only the beginning is kept, where overflows start.
 */
final class RedZone {
  /** At least so many bytes, but for blocks that end at a guard page. */
  static final int LEAST_BYTES = 16;

  private static final int MOST_BYTES = 1 << 10;

  private RedZone() {}

  /** Lays one behind the bytes that were asked for, up to an offset. */
  static void lay(final long address, final long size, final long end) {
    Pattern.RED_ZONE.fill(address + size, Math.min(MOST_BYTES, end - size));
  }

  /** The offset in the block of the first byte that was written; -1 if there is none. */
  static long firstDamage(final long address, final long size, final long end) {
    final long at =
        Pattern.RED_ZONE.firstDifference(address + size, Math.min(MOST_BYTES, end - size));
    return at < 0 ? -1 : size + at;
  }
}
