package io.quarry.slab;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarry.region.Geometry;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Every offset of every slab there can be, by division. A slab that is not placed lies at 0. */
class BlockIndexTest {

  @Test
  void everyOffsetOfEverySlabOfEveryClass() {
    final long offsets =
        IntStream.range(0, SizeClasses.COUNT)
            .parallel()
            .mapToLong(sizeClass -> checkSlab(sizeClass, SizeClasses.granules(sizeClass)))
            .sum();
    assertThat(offsets).isGreaterThan(SizeClasses.COUNT * Geometry.GRANULE_BYTES);
  }

  @Test
  void everyOffsetOfEverySlabThatIsCarvedWhenMemoryIsShort() {
    final long offsets =
        IntStream.range(0, SizeClasses.COUNT)
            .parallel()
            .mapToLong(
                sizeClass ->
                    checkSlab(sizeClass, (int) Geometry.granulesFor(SizeClasses.bytes(sizeClass))))
            .sum();
    assertThat(offsets).isGreaterThanOrEqualTo(SizeClasses.COUNT * Geometry.GRANULE_BYTES);
  }

  @Test
  void largeBlocksStartAtTheirFirstByteOnly() {
    for (long bytes = 1L << 20; bytes <= Geometry.MAX_BLOCK_BYTES; bytes <<= 1) {
      final Slab slab = new Slab(null, Slab.LARGE, bytes, 1);
      assertThat(slab.isBlockStart(0)).isTrue();
      assertThat(slab.indexOf(bytes - 1)).isZero();
      for (long offset = 1; offset < bytes; offset = offset * 3 + 1) {
        assertThat(slab.isBlockStart(offset)).as("%d in %d", offset, bytes).isFalse();
        assertThat(slab.isBlockStart(bytes - offset)).as("-%d in %d", offset, bytes).isFalse();
        assertThat(slab.indexOf(offset)).isZero();
      }
    }
  }

  /** The number of offsets that were tried. */
  private static long checkSlab(final int sizeClass, final int granules) {
    final int blockBytes = SizeClasses.bytes(sizeClass);
    final long slabBytes = Geometry.bytesOf(granules);
    final int blocks = (int) (slabBytes / blockBytes);
    final Slab slab = new Slab(null, sizeClass, blockBytes, blocks);
    int index = 0;
    int within = 0;
    for (long offset = 0; offset < slabBytes; offset++) {
      // A slab of one block gives the same index to its tail, which has no block start either.
      final int expected = blocks == 1 ? 0 : index;
      if (slab.indexOf(offset) != expected
          || slab.isBlockStart(offset) != (within == 0 && index < blocks)) {
        throw new AssertionError(
            String.format(
                "class %d (%d bytes), offset %d: index %d for %d, start %b",
                sizeClass,
                blockBytes,
                offset,
                slab.indexOf(offset),
                expected,
                slab.isBlockStart(offset)));
      }
      if (++within == blockBytes) {
        within = 0;
        index++;
      }
    }
    return slabBytes;
  }
}
