package io.quarry.allocator;

import java.util.Locale;

/**
 * How much is found out about blocks that a program misuses. Bad frees are found with any of these.
 * The others tell in addition who allocated and who freed a block, and find writes behind its end
 * and after its free; {@code docs/safety.md} says exactly what, and at what price.
 *
 * <p>A block that is checked holds exactly what was asked for, to the byte: {@link
 * Allocator#usableSize} says so, views end there, and {@link Allocator#free(long, long)} wants to
 * hear no other size. Behind it lies a red zone. Once it is freed, the block is filled with a
 * pattern and held back for the idle time, as long as nobody goes without.
 */
public enum Checks {
  /** Only what costs nothing. */
  STANDARD,
  /**
   * Some blocks, drawn at random, on average one in so many bytes allocated ({@link
   * SlabAllocator.Builder#sampleInterval}) and at most 250 a second. For production.
   */
  SAMPLED,
  /**
   * Every block, and a page that must not be touched behind those over 1 MiB. Many times slower,
   * and blocks are not compacted. For tests.
   */
  FULL;

  /** The system property with the mode of allocators that were not told one. */
  static final String PROPERTY = "quarry.checks";

  /** What {@code -Dquarry.checks} says, in any case of letters; {@link #STANDARD} without it. */
  static Checks byProperty() {
    final String name = System.getProperty(PROPERTY, STANDARD.name());
    for (final Checks checks : values()) {
      if (checks.name().equals(name.toUpperCase(Locale.ROOT))) {
        return checks;
      }
    }
    throw new IllegalArgumentException(
        "-D" + PROPERTY + "=" + name + ": expected standard, sampled or full");
  }
}
