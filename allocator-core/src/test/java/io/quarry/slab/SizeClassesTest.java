package io.quarry.slab;

import static io.quarry.region.Geometry.GRANULE_BYTES;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SizeClassesTest {

  @Test
  void thereAre112ClassesUpToOneMebibyte() {
    assertThat(SizeClasses.COUNT).isEqualTo(112);
    assertThat(SizeClasses.bytes(0)).isEqualTo(16);
    assertThat(SizeClasses.bytes(SizeClasses.COUNT - 1)).isEqualTo(1 << 20);
    assertThat(SizeClasses.bytes(SizeClasses.SMALL_COUNT - 1))
        .isEqualTo(SizeClasses.MAX_SMALL_BYTES);
  }

  @Test
  void sizesAreSixteenApartTo128AndEightPerDoublingAbove() {
    for (int sizeClass = 0; sizeClass < SizeClasses.COUNT; sizeClass++) {
      final int bytes = SizeClasses.bytes(sizeClass);
      final int previous = sizeClass == 0 ? 0 : SizeClasses.bytes(sizeClass - 1);
      final int step = previous < 128 ? 16 : Integer.highestOneBit(previous) / 8;
      assertThat(bytes - previous).as("step to class %d", sizeClass).isEqualTo(step);
      assertThat(bytes % SizeClasses.QUANTUM).as("alignment of class %d", sizeClass).isZero();
    }
  }

  @Test
  void everySizeHasTheSmallestClassThatHoldsIt() {
    int expected = 0;
    for (int size = 0; size <= SizeClasses.MAX_CLASS_BYTES; size++) {
      if (size > SizeClasses.bytes(expected)) {
        expected++;
      }
      final int sizeClass = SizeClasses.of(size);
      if (sizeClass != expected
          || size <= SizeClasses.MAX_SMALL_BYTES && SizeClasses.ofSmall(size) != expected) {
        assertThat(sizeClass).as("class of %d", size).isEqualTo(expected);
        assertThat(SizeClasses.ofSmall(size)).as("small class of %d", size).isEqualTo(expected);
      }
    }
    assertThat(expected).isEqualTo(SizeClasses.COUNT - 1);
  }

  @Test
  void wasteIsLessThanAnEighthOfTheRequestAbove128Bytes() {
    for (int size = 1; size <= SizeClasses.MAX_CLASS_BYTES; size++) {
      final int waste = SizeClasses.bytes(SizeClasses.of(size)) - size;
      if (waste < 0 || (size <= 128 ? waste > 15 : waste * 8 >= size)) {
        assertThat(waste).as("waste in the block of a request for %d bytes", size).isEqualTo(-1);
      }
    }
  }

  @Test
  void slabsAreTheSmallestRunWithAShortTailAndEnoughBlocks() {
    for (int sizeClass = 0; sizeClass < SizeClasses.COUNT; sizeClass++) {
      final int bytes = SizeClasses.bytes(sizeClass);
      final int granules = SizeClasses.granules(sizeClass);
      assertThat(isGoodSlab(bytes, granules)).as("slab of class %d", sizeClass).isTrue();
      for (int fewer = 1; fewer < granules; fewer++) {
        assertThat(isGoodSlab(bytes, fewer)).as("%d granules for %d B", fewer, bytes).isFalse();
      }
    }
    // The example that the design gives.
    assertThat(SizeClasses.granules(SizeClasses.of(24 << 10))).isEqualTo(3);
  }

  private static boolean isGoodSlab(final int blockBytes, final int granules) {
    final long slabBytes = granules * GRANULE_BYTES;
    final int enough = blockBytes <= 8 << 10 ? 32 : blockBytes <= 64 << 10 ? 8 : 4;
    return slabBytes / blockBytes >= enough && slabBytes % blockBytes * 64 <= slabBytes;
  }

  @Test
  void alignedClassesAreTheSmallestThatFit() {
    for (int alignment = 1; alignment <= GRANULE_BYTES; alignment <<= 1) {
      for (int size = 0; size <= SizeClasses.MAX_CLASS_BYTES; size += size < 5_000 ? 1 : 997) {
        final int sizeClass = SizeClasses.ofAligned(size, alignment);
        int expected = -1;
        for (int c = SizeClasses.COUNT - 1; c >= 0 && SizeClasses.bytes(c) >= size; c--) {
          expected = SizeClasses.bytes(c) % alignment == 0 ? c : expected;
        }
        if (sizeClass != expected) {
          assertThat(sizeClass).as("%d bytes aligned to %d", size, alignment).isEqualTo(expected);
        }
      }
    }
  }
}
