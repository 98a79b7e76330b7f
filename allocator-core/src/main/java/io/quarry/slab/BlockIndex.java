package io.quarry.slab;

/**
 * From an offset in a slab to the index of a block, with one multiplication, and whether the offset
 * is the start of a block at all, from the same product.
 *
 * <p>With {@code m = ceil(2^44 / size)}, the product {@code offset * m} has the index above bit 44,
 * and below it the fraction, which is less than {@code m} exactly if {@code offset} is a multiple
 * of {@code size} (Lemire, Kaser, Kurz, "Faster remainder by direct computation", 2019). That holds
 * as long as the offset takes at most 44 - log2(size) bits, which every slab of every class does by
 * a wide margin; a test tries every class with every offset. The product needs 64 bits.
 *
 * <p>A slab of a single block has {@code m = 1}: the index is 0, and only offset 0 has a fraction
 * below 1.
 */
final class BlockIndex {
  static final int FRACTION_BITS = 44;
  static final long FRACTION_MASK = (1L << FRACTION_BITS) - 1;

  private BlockIndex() {}

  static long reciprocal(final long blockBytes, final int blockCount) {
    return blockCount <= 1 ? 1 : ((1L << FRACTION_BITS) + blockBytes - 1) / blockBytes;
  }
}
