package io.quarry.slab;

import static io.quarry.region.Geometry.GRANULE_BYTES;

import io.quarry.region.Geometry;

/**
 * The sizes that blocks come in: sixteen-byte steps to 128 bytes, then eight per doubling up to 1
 * MiB, 112 in all. The waste inside a block is at most 15 bytes up to 128 bytes and at most 12.5%
 * of the request above (the spacing of jemalloc, at twice its density).
 *
 * <pre>
 *   class    0   1 ...   7 |   8   9 ...  15 |  16  17 ...  23 | ... | 104 ...   111
 *   bytes   16  32 ... 128 | 144 160 ... 256 | 288 320 ... 512 | ... | 576 Ki ... 1 Mi
 * </pre>
 */
public final class SizeClasses {

  /** The number of classes. */
  public static final int COUNT = 112;

  /** The number of classes of small blocks, those that threads keep slabs of their own for. */
  public static final int SMALL_COUNT = 72;

  /** The largest small block, in bytes. */
  public static final int MAX_SMALL_BYTES = 32 << 10;

  /** The largest block that has a class, in bytes; a larger one is a slab by itself. */
  public static final int MAX_CLASS_BYTES = 1 << 20;

  /** Every block is aligned to this, in bytes. */
  public static final int QUANTUM = 16;

  private static final int LINEAR_CLASSES = 8;
  private static final int LINEAR_LIMIT_LOG2 = 7;
  private static final int STEPS_LOG2 = 3;

  /** By the size in quanta, rounded up. */
  private static final byte[] SMALL_CLASS = smallClassTable();

  private static final int[] GRANULES = granulesTable();

  private SizeClasses() {}

  /** The class of a small block: one look-up. For sizes from 0 to {@link #MAX_SMALL_BYTES}. */
  public static int ofSmall(final int size) {
    return SMALL_CLASS[(size + QUANTUM - 1) >>> 4];
  }

  /** The class of a block of 0 to {@link #MAX_CLASS_BYTES} bytes. */
  public static int of(final int size) {
    if (size <= 1 << LINEAR_LIMIT_LOG2) {
      return size == 0 ? 0 : (size - 1) >>> 4;
    }
    final int log2 = 31 - Integer.numberOfLeadingZeros(size - 1);
    final int step = (size - 1) >>> (log2 - STEPS_LOG2) & (1 << STEPS_LOG2) - 1;
    return LINEAR_CLASSES + (log2 - LINEAR_LIMIT_LOG2 << STEPS_LOG2) + step;
  }

  /** The bytes of a block of this class. */
  public static int bytes(final int sizeClass) {
    if (sizeClass < LINEAR_CLASSES) {
      return (sizeClass + 1) * QUANTUM;
    }
    final int above = sizeClass - LINEAR_CLASSES;
    final int log2 = LINEAR_LIMIT_LOG2 + (above >>> STEPS_LOG2);
    final int step = (above & (1 << STEPS_LOG2) - 1) + 1;
    return (1 << log2) + (step << log2 - STEPS_LOG2);
  }

  /** The granules of a slab of this class. */
  public static int granules(final int sizeClass) {
    return GRANULES[sizeClass];
  }

  /**
   * The smallest class whose blocks hold {@code size} bytes and all lie at multiples of {@code
   * alignment}, a power of two up to the granule; -1 if there is none.
   */
  public static int ofAligned(final int size, final int alignment) {
    for (int sizeClass = of(size); sizeClass < COUNT; sizeClass++) {
      if ((bytes(sizeClass) & (alignment - 1)) == 0) {
        return sizeClass;
      }
    }
    return -1;
  }

  private static byte[] smallClassTable() {
    final byte[] table = new byte[MAX_SMALL_BYTES / QUANTUM + 1];
    for (int quanta = 0; quanta < table.length; quanta++) {
      table[quanta] = (byte) of(quanta * QUANTUM);
    }
    return table;
  }

  private static int[] granulesTable() {
    final int[] table = new int[COUNT];
    for (int sizeClass = 0; sizeClass < COUNT; sizeClass++) {
      table[sizeClass] = fewestGranules(bytes(sizeClass));
    }
    return table;
  }

  /** The smallest run with a tail of at most 1/64 that holds enough blocks to be worth a slab. */
  private static int fewestGranules(final int blockBytes) {
    final int enough = blockBytes <= 8 << 10 ? 32 : blockBytes <= 64 << 10 ? 8 : 4;
    int granules = (int) Geometry.granulesFor((long) blockBytes * enough);
    while (granules * GRANULE_BYTES % blockBytes > granules * GRANULE_BYTES / 64) {
      granules++;
    }
    return granules;
  }
}
