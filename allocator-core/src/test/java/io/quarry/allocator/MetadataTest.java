package io.quarry.allocator;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The Java heap that bookkeeping takes, by the garbage collector's account. */
class MetadataTest {
  private static final long FILL_BYTES = 256L << 20;

  @ParameterizedTest
  @CsvSource({"16, 2.0", "32, 2.0", "64, 2.0", "128, 1.0", "144, 1.0", "1024, 1.0", "32768, 1.0"})
  void isSmallAndIsWhatTheStatisticsSay(final long size, final double mostPercent) {
    makeWhatAllAllocatorsShare(size);
    final long before = usedBytes();
    try (SlabAllocator allocator = fill(size, FILL_BYTES)) {
      final long used = usedBytes() - before;
      final AllocatorStats stats = allocator.stats();
      final double share = 100.0 * used / stats.mappedBytes();
      System.out.printf(
          "%,d B: %,d bytes of Java heap, %.2f%% of %,d mapped; the statistics say %,d%n",
          size, used, share, stats.mappedBytes(), stats.metadataBytes());
      assertThat(share).as("percent of the mapped bytes").isLessThanOrEqualTo(mostPercent);
      assertThat((double) stats.metadataBytes() / used).isBetween(0.9, 1.1);
    }
  }

  /** Apart, so that nothing on the stack keeps it. */
  private static void makeWhatAllAllocatorsShare(final long size) {
    fill(size, 1 << 20).close();
  }

  private static SlabAllocator fill(final long size, final long bytes) {
    final SlabAllocator allocator = SlabAllocator.builder().capacity(2 * FILL_BYTES).build();
    for (long filled = 0; filled < bytes; filled += size) {
      allocator.malloc(size);
    }
    return allocator;
  }

  /** The least of several looks: what is garbage is collected in the end. */
  private static long usedBytes() {
    long least = Long.MAX_VALUE;
    for (int i = 0; i < 5; i++) {
      System.gc();
      final Runtime runtime = Runtime.getRuntime();
      least = Math.min(least, runtime.totalMemory() - runtime.freeMemory());
    }
    return least;
  }
}
