package io.quarry.allocator;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A cache whose blocks fill their slabs to the last one, and which frees one for each that it
 * allocates: a few slabs more let free blocks gather, so that it need not change slabs with every
 * call, and they are few.
 */
class FullCacheTest {
  private static final int SLAB_BYTES = 64 << 10;
  private static final int SLABS = 256;
  private static final int REPLACEMENTS = 400_000;

  private final SplittableRandom random = new SplittableRandom(42);
  private SlabAllocator allocator;
  private long[] blocks;

  private void fill(final int size, final int spareSlabs) {
    allocator =
        SlabAllocator.builder()
            .capacity((long) (SLABS + spareSlabs) * SLAB_BYTES)
            .clock(new ManualClock())
            .idleTime(Duration.ofHours(1))
            .build();
    blocks = new long[SLABS * SLAB_BYTES / size];
    for (int i = 0; i < blocks.length; i++) {
      blocks[i] = allocator.malloc(size);
    }
  }

  @AfterEach
  void close() {
    allocator.close();
  }

  /** Random ones of the first blocks. */
  private void replace(final int size, final int among) {
    for (int i = 0; i < REPLACEMENTS; i++) {
      final int victim = random.nextInt(among);
      allocator.free(blocks[victim]);
      blocks[victim] = allocator.malloc(size);
    }
    assertThat(blocks).doesNotHaveDuplicates();
  }

  private long slabs() {
    return allocator.stats().mappedBytes() / SLAB_BYTES;
  }

  @ParameterizedTest
  @CsvSource({"64", "256", "1024"})
  void freeBlocksGatherAndAreFew(final int size) {
    fill(size, SLABS);
    final long before = slabs();
    replace(size, blocks.length);
    assertThat(slabs()).isGreaterThan(before).isLessThanOrEqualTo(before + SLABS / 32);
  }

  @Test
  void blocksThatStayForeverDoNotMakeItMore() {
    fill(1024, SLABS);
    final long before = slabs();
    replace(1024, blocks.length / 8);
    assertThat(slabs()).isLessThanOrEqualTo(before + SLABS / 8 / 32 + 1);
  }

  @Test
  void atTheLimitItGoesOnWithWhatItHas() {
    fill(1024, 4); // less than 1/32 of it: what is kept for compaction, and little else
    replace(1024, blocks.length);
    assertThat(slabs()).isLessThanOrEqualTo(SLABS + 4);
  }
}
