package io.quarry.allocator;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Compaction by the maintenance thread; here its work is done by hand, on a clock of the test's.
 */
class BackgroundCompactionTest {
  private static final long MIB = 1L << 20;
  private static final Duration IDLE_TIME = Duration.ofSeconds(1);

  private final ManualClock clock = new ManualClock();
  private final MovableBlocks.Late relocator = new MovableBlocks.Late();
  private final SlabAllocator allocator =
      SlabAllocator.builder()
          .capacity(64 * MIB)
          .idleTime(IDLE_TIME)
          .relocator(relocator)
          .targetUtilisation(0.8)
          .clock(clock)
          .build();

  @AfterEach
  void close() {
    allocator.close();
  }

  private MovableBlocks filled(final long bytes, final long size) {
    final MovableBlocks blocks = new MovableBlocks(allocator, (int) (bytes / size));
    relocator.blocks = blocks;
    for (int i = 0; i < bytes / size; i++) {
      assertThat(blocks.allocate(i, size)).isTrue();
    }
    return blocks;
  }

  private void housekeepFor(final Duration time) {
    for (long millis = 0; millis < time.toMillis(); millis += 10) {
      clock.advance(Duration.ofMillis(10));
      allocator.housekeep();
    }
  }

  @Test
  void sparseSlabsAreCompactedAndReturnedWithoutACall() {
    final MovableBlocks blocks = filled(32 * MIB, 1_000);
    blocks.freeShare(0.9, 1);

    housekeepFor(Duration.ofSeconds(3));

    final AllocatorStats stats = allocator.stats();
    blocks.verify();
    assertThat(stats.mappedBytes()).isLessThan(stats.liveBytes() * 105 / 100 + 2 * 65_536);
    assertThat(stats.unmappedBytes()).isGreaterThan(28 * MIB - 65_536);
  }

  @Test
  void aboveTheTargetNothingMovesWhileTheProgramIsBusy() {
    final MovableBlocks blocks = filled(32 * MIB, 1_000);
    blocks.freeShare(0.15, 1);

    for (int i = 0; i < 200; i++) {
      allocator.free(allocator.malloc(100)); // busy
      clock.advance(Duration.ofMillis(10));
      allocator.housekeep();
    }
    assertThat(blocks.relocations).isZero();
    housekeepFor(Duration.ofSeconds(3)); // quiet

    assertThat(blocks.relocations).isPositive();
    assertThat(allocator.stats().mappedBytes())
        .isLessThan(allocator.stats().liveBytes() * 106 / 100 + 2 * 65_536);
    blocks.verify();
  }

  @Test
  void belowTheTargetBlocksMoveWhileTheProgramIsBusy() {
    final MovableBlocks blocks = filled(32 * MIB, 1_000);
    blocks.freeShare(0.3, 1);

    for (int i = 0; i < 200; i++) {
      allocator.free(allocator.malloc(100));
      clock.advance(Duration.ofMillis(10));
      allocator.housekeep();
    }

    assertThat(allocator.stats().utilisation()).isBetween(0.79, 0.9);
    blocks.verify();
  }

  @Test
  void itSettlesDownOnceThereIsNothingToGain() {
    final MovableBlocks blocks = filled(32 * MIB, 1_000);
    blocks.freeShare(0.5, 1);
    housekeepFor(Duration.ofSeconds(5));
    final int relocations = blocks.relocations;

    housekeepFor(Duration.ofSeconds(30));

    assertThat(blocks.relocations).isEqualTo(relocations);
  }

  @Test
  void aRelocatorThatFailsIsAskedAgainLater() {
    final MovableBlocks blocks = filled(8 * MIB, 1_000);
    blocks.freeShare(0.5, 1);
    relocator.failure = new IllegalMonitorStateException("mine");
    housekeepFor(Duration.ofSeconds(5));
    assertThat(relocator.failures).isEqualTo(1);
    blocks.verify();

    relocator.failure = null;
    housekeepFor(Duration.ofSeconds(15));

    assertThat(blocks.relocations).isPositive();
    blocks.verify();
  }

  @Test
  void blocksThatNobodyWillMoveAreNotAskedForAllTheTime() {
    final MovableBlocks blocks = filled(8 * MIB, 1_000);
    blocks.freeShare(0.5, 1);
    final MovableBlocks nobodys = new MovableBlocks(allocator, 1);
    relocator.blocks = nobodys;

    housekeepFor(Duration.ofSeconds(9));
    final int once = nobodys.relocations;
    housekeepFor(Duration.ofSeconds(9));

    assertThat(once).isBetween(1_000, 5_000);
    assertThat(nobodys.relocations).isLessThanOrEqualTo(2 * once);
  }
}
