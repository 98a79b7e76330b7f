package io.quarry.allocator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quarry.allocator.OffHeapExhaustedException.Reason;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A capacity of less than one slab of a class still holds some of its blocks. */
class SmallCapacityTest {

  @ParameterizedTest
  @ValueSource(longs = {16, 2_048, 2_049, 4_096, 8_192, 32_768, 32_769, 65_536})
  void oneGranuleHoldsWhateverFitsIntoIt(final long size) {
    try (SlabAllocator allocator =
        SlabAllocator.builder().capacity(65_536).clock(new ManualClock()).build()) {
      final long usable = allocator.usableSize(allocator.malloc(size));
      for (long i = 1; i < 65_536 / usable; i++) {
        assertThat(allocator.tryMalloc(size)).as("block %d", i).isNotZero();
      }
      assertThat(allocator.tryMalloc(size)).isZero();
      assertThat(allocator.stats().mappedBytes()).isEqualTo(65_536);
      assertThatThrownBy(() -> allocator.malloc(size))
          .isInstanceOfSatisfying(
              OffHeapExhaustedException.class,
              refused -> assertThat(refused.reason()).isEqualTo(Reason.LIMIT));
    }
  }

  @Test
  void whatCanNeverFitIsTooLarge() {
    try (SlabAllocator allocator =
        SlabAllocator.builder().capacity(3 * 65_536 + 5).clock(new ManualClock()).build()) {
      assertThat(allocator.stats().capacityBytes()).isEqualTo(3 * 65_536);
      for (final long size :
          new long[] {3 * 65_536 + 1, 1 << 20, (1 << 20) + 1, 1L << 44, 1L << 50, Long.MAX_VALUE}) {
        assertThat(allocator.tryMalloc(size)).isZero();
        assertThatThrownBy(() -> allocator.malloc(size))
            .isInstanceOfSatisfying(
                OffHeapExhaustedException.class,
                refused -> assertThat(refused.reason()).isEqualTo(Reason.TOO_LARGE));
      }
      assertThat(allocator.stats().mappedBytes()).isZero();
      assertThat(allocator.malloc(3 * 65_536)).isNotZero();
    }
  }
}
