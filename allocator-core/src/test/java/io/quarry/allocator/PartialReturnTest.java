package io.quarry.allocator;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarry.posix.CountingPosix;
import io.quarry.posix.Errno;
import io.quarry.posix.FaultyPosix;
import io.quarry.posix.Posix;
import io.quarry.posix.ProcMaps;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Pages of slabs in use that hold no live block go back, and nothing else does. */
@EnabledOnOs(OS.LINUX)
class PartialReturnTest {
  private static final Duration IDLE = Duration.ofSeconds(10);
  private static final long MIB = 1L << 20;
  private static final long FILL_BYTES = 8 * MIB;

  private final ManualClock clock = new ManualClock();
  private final FaultyPosix faulty = new FaultyPosix(Posix.host());
  private final CountingPosix posix = new CountingPosix(faulty);
  private final Contents contents = new Contents();
  private SlabAllocator allocator = build(4_000, ReturnMode.UNMAP);

  private SlabAllocator build(final int calls, final ReturnMode mode) {
    return SlabAllocator.builder()
        .capacity(256 * MIB)
        .idleTime(IDLE)
        .partialReturnCalls(calls)
        .returnMode(mode)
        .posix(posix)
        .clock(clock)
        .build();
  }

  @AfterEach
  void close() {
    allocator.close();
    assertThat(posix.mappedRanges()).isEmpty();
  }

  /** Fills slabs, and frees all but each n-th block; returns those that stay. */
  private List<Long> fillAndFree(final long size, final int keepEach) {
    return fillAndFree(allocator, size, keepEach);
  }

  private List<Long> fillAndFree(final SlabAllocator owner, final long size, final int keepEach) {
    final List<Long> blocks = new ArrayList<>();
    for (long bytes = 0; bytes < FILL_BYTES; bytes += size) {
      blocks.add(owner.malloc(size));
    }
    final List<Long> kept = new ArrayList<>();
    for (int i = 0; i < blocks.size(); i++) {
      contents.fill(blocks.get(i), size, blocks.get(i));
      if (i % keepEach == 0) {
        kept.add(blocks.get(i));
      }
    }
    for (int i = 0; i < blocks.size(); i++) {
      if (i % keepEach != 0) {
        owner.free(blocks.get(i));
      }
    }
    return kept;
  }

  private void requireWhole(final List<Long> blocks, final long size) {
    for (final long block : blocks) {
      assertThat(contents.holds(block, size, block)).as("block 0x%x", block).isTrue();
    }
  }

  /** As the agent would, in steps of a quarter of the idle time. */
  private void pass(final Duration time) {
    passOf(allocator, time);
  }

  private void passOf(final SlabAllocator owner, final Duration time) {
    final Duration step = IDLE.dividedBy(4);
    owner.housekeep();
    for (Duration passed = Duration.ZERO; passed.compareTo(time) < 0; passed = passed.plus(step)) {
      clock.advance(step);
      for (int i = 0; i < 5; i++) {
        owner.housekeep();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {16, 48, 1_024, 4_096, 5_120, 32_768, 65_536, 300 << 10, 1 << 20})
  void whatHoldsNoLiveBlockIsGivenBackAndWhatDoesIsNot(final long size) {
    final int keepEach = (int) Math.max(3, 60_000 / size);
    final List<Long> kept = fillAndFree(size, keepEach);
    final long before = allocator.residentBytes();
    assertThat(before).isGreaterThan(FILL_BYTES * 8 / 10);
    pass(IDLE.multipliedBy(3));
    final AllocatorStats stats = allocator.stats();
    final long after = allocator.residentBytes();
    assertThat(stats.discardedBytes()).isPositive();
    // Around each live block up to a part at each end; and the current slab stays with its thread.
    final long ends = size > 32 << 10 ? 2 * 65_536 : 2 * 4_096;
    assertThat(after).isBetween(kept.size() * size, kept.size() * (size + ends) + MIB / 2);
    assertThat(before - after)
        .isBetween(stats.discardedBytes() / 2, stats.discardedBytes() + stats.unmappedBytes());
    requireWhole(kept, size);
    assertThat(stats.mappedBytes()).isGreaterThanOrEqualTo(after);
    kept.forEach(allocator::free);
  }

  /**
   * So many slabs that they are not all looked at in one go: some are due before the rest is seen.
   */
  @Test
  void moreSlabsThanOneLookTakesInAreAllGivenBackFrom() {
    final int slabs = 9_500;
    final int blocksOfSlab = 64;
    try (SlabAllocator many =
        SlabAllocator.builder()
            .capacity(1_024 * MIB)
            .idleTime(IDLE)
            .partialReturnCalls(100_000)
            .posix(posix)
            .clock(clock)
            .build()) {
      final List<Long> blocks = new ArrayList<>();
      for (int i = 0; i < slabs * blocksOfSlab; i++) {
        blocks.add(many.malloc(1_024));
        if (i % blocksOfSlab == 1 || i % blocksOfSlab == 5) { // in two neighbouring pages
          contents.fill(blocks.get(i), 1_024, i);
        }
      }
      for (int i = 0; i < blocks.size(); i++) {
        // One stays live in the last slabs and two in the others: most is to be had at the end.
        final int place = i % blocksOfSlab;
        if (place != 32 && (place != 48 || i > blocksOfSlab * 9_000)) {
          many.free(blocks.get(i));
        }
      }
      final long before = many.residentBytes();
      assertThat(before).isGreaterThan(slabs * 8_192L * 9 / 10);
      passOf(many, IDLE.multipliedBy(4));
      assertThat(many.residentBytes()).isLessThan(before / 8);
    }
  }

  @Test
  void residentBytesAreWhatTheKernelCounts() {
    fillAndFree(1_024, 64);
    assertThat(allocator.residentBytes()).isEqualTo(rss());
    pass(IDLE.multipliedBy(3));
    assertThat(allocator.residentBytes()).isEqualTo(rss());
    final long large = allocator.malloc(50 * MIB);
    final long before = allocator.residentBytes();
    Contents.dirty(large + 10 * MIB, 7 * MIB);
    assertThat(allocator.residentBytes()).isEqualTo(before + 7 * MIB).isEqualTo(rss());
  }

  private long rss() {
    return posix.mappedRanges().entrySet().stream()
        .mapToLong(range -> ProcMaps.rssBytes(range.getKey(), range.getValue()))
        .sum();
  }

  @Test
  void nothingIsGivenBackBeforeTheIdleTimeIsOver() {
    fillAndFree(1_024, 64);
    allocator.housekeep();
    clock.advance(IDLE.minus(Duration.ofNanos(1)));
    allocator.housekeep();
    allocator.housekeep();
    assertThat(allocator.stats().discardedBytes()).isZero();
    clock.advance(IDLE.dividedBy(4));
    for (int i = 0; i < 5; i++) {
      allocator.housekeep();
    }
    assertThat(allocator.stats().discardedBytes()).isGreaterThan(FILL_BYTES / 4);
  }

  @Test
  void aSlabThatIssuedABlockInBetweenIsNotDue() {
    final List<Long> blocks = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      blocks.add(allocator.malloc(100_000)); // of shared heaps
      Contents.dirty(blocks.get(i), 100_000);
    }
    for (int i = 0; i < 60; i++) {
      if (i % 4 != 0) {
        allocator.free(blocks.get(i));
      }
    }
    for (int round = 0; round < 20; round++) {
      allocator.housekeep();
      clock.advance(IDLE.dividedBy(2));
      // Each slab in turn issues a block and takes it back.
      final List<Long> some = new ArrayList<>();
      for (int i = 0; i < 45; i++) {
        some.add(allocator.malloc(100_000));
      }
      some.forEach(allocator::free);
    }
    assertThat(allocator.stats().discardedBytes()).isZero();
  }

  @Test
  void whatIsRefilledIsCountedAndGivenBackAgain() {
    final List<Long> kept = fillAndFree(1_024, 64);
    pass(IDLE.multipliedBy(3));
    final long discarded = allocator.stats().discardedBytes();
    assertThat(allocator.stats().refilledBytes()).isZero();
    final List<Long> again = new ArrayList<>();
    for (long bytes = 0; bytes < FILL_BYTES * 3 / 4; bytes += 1_024) {
      again.add(allocator.malloc(1_024));
      Contents.dirty(again.get(again.size() - 1), 1_024);
    }
    pass(IDLE);
    final long refilled = allocator.stats().refilledBytes();
    assertThat(refilled).isBetween(FILL_BYTES / 2, discarded);
    again.forEach(allocator::free);
    pass(IDLE.multipliedBy(3));
    assertThat(allocator.stats().discardedBytes()).isGreaterThan(discarded + refilled / 2);
    assertThat(allocator.stats().refilledBytes()).isEqualTo(refilled);
    requireWhole(kept, 1_024);
  }

  @Test
  void zeroedBlocksAreZeroWhereMemoryWasGivenBack() {
    final List<Long> kept = fillAndFree(100_000, 4);
    pass(IDLE.multipliedBy(3));
    assertThat(allocator.stats().discardedBytes()).isPositive();
    for (int i = 0; i < 90; i++) {
      final long block = allocator.calloc(1, 100_000);
      assertThat(Contents.isZero(block, 100_000)).isTrue();
      Contents.dirty(block, 100_000);
      if (i % 3 == 0) {
        allocator.free(block);
      }
    }
    requireWhole(kept, 100_000);
  }

  @Test
  void noCallIsMadeWhereItIsTurnedOff() {
    for (final int calls : new int[] {0, 4_000}) {
      allocator.close();
      allocator = build(calls, calls == 0 ? ReturnMode.UNMAP : ReturnMode.NEVER);
      fillAndFree(1_024, 64);
      posix.resetCounts();
      pass(IDLE.multipliedBy(5));
      assertThat(posix.count("madvise") + posix.count("mincore")).isZero();
      assertThat(allocator.stats().discardedBytes()).isZero();
    }
  }

  @Test
  void theBudgetOfCallsIsKeptAndTheLargestGainsComeFirst() {
    allocator.close();
    allocator = build(10, ReturnMode.UNMAP);
    fillAndFree(1_024, 16); // of each 16 KiB, 12 can be given back
    fillAndFree(2_048, 64); // here 28 KiB before a live block, and 32 after it
    posix.resetCounts();
    allocator.housekeep();
    clock.advance(IDLE.plusSeconds(3));
    allocator.housekeep();
    clock.advance(Duration.ofSeconds(1));
    for (int i = 0; i < 100; i++) {
      allocator.housekeep();
    }
    final long calls = posix.count("madvise") + posix.count("mincore");
    // 10 for the second, and what one slab may take more before it is seen.
    assertThat(calls).isBetween(2L, 30L);
    assertThat(allocator.stats().discardedBytes())
        .isGreaterThanOrEqualTo(posix.count("madvise") * (24 << 10));
  }

  @Test
  void neighboursGoInOneCall() {
    fillAndFree(1_024, 64);
    posix.resetCounts();
    pass(IDLE.multipliedBy(3));
    // A slab has at most two ranges: before its one live block, and after it.
    assertThat(posix.count("madvise")).isPositive().isLessThanOrEqualTo(2 * FILL_BYTES / 65_536);
  }

  @Test
  void whereTheKernelRefusesItIsNotAskedAgainForThatSlab() {
    final List<Long> kept = fillAndFree(1_024, 64);
    faulty.arm(Errno.EINVAL, (call, ordinal) -> call.equals("madvise")); // as of locked memory
    posix.resetCounts();
    pass(IDLE.multipliedBy(200));
    assertThat(allocator.stats().discardedBytes()).isZero();
    assertThat(posix.count("madvise")).isBetween(1L, FILL_BYTES / 65_536);
    faulty.disarm();
    requireWhole(kept, 1_024);
    kept.forEach(allocator::free);
    assertThat(allocator.stats().liveBlocks()).isZero();
  }

  @Test
  void arenasGiveBackTheirPagesToo() {
    final long discarded;
    try (SlabAllocator arena = allocator.newArena(64 * MIB)) {
      final List<Long> kept = fillAndFree(arena, 1_024, 64);
      final long before = arena.residentBytes();
      assertThat(before).isBetween(FILL_BYTES, FILL_BYTES + MIB).isEqualTo(rss());
      passOf(arena, IDLE.multipliedBy(3));
      final long after = arena.residentBytes();
      assertThat(after).isLessThan(FILL_BYTES / 4).isEqualTo(allocator.residentBytes());
      discarded = arena.stats().discardedBytes();
      assertThat(discarded).isEqualTo(before - after);
      assertThat(allocator.stats().discardedBytes()).isEqualTo(discarded);
      requireWhole(kept, 1_024);
    }
    assertThat(allocator.stats().discardedBytes()).isEqualTo(discarded);
  }

  @Test
  void aFileInMemoryGivesBackPagesAndOneOnADiskKeepsThem(@TempDir final Path directory)
      throws IOException {
    for (final Backing backing :
        List.of(Backing.sharedMemory(), Backing.file(directory.resolve("blocks")))) {
      try (SlabAllocator shared =
          SlabAllocator.builder()
              .capacity(64 * MIB)
              .idleTime(IDLE)
              .backing(backing)
              .clock(clock)
              .build()) {
        final List<Long> kept = fillAndFree(shared, 4_096, 16);
        passOf(shared, IDLE.multipliedBy(3));
        // On a disk a page that was given back may find no room when it is written to again.
        final boolean isInMemory = shared.backingPath().startsWith("/proc");
        assertThat(shared.stats().discardedBytes() > FILL_BYTES / 2).isEqualTo(isInMemory);
        assertThat(shared.stats().discardedBytes() == 0).isNotEqualTo(isInMemory);
        requireWhole(kept, 4_096);
      }
    }
  }
}
