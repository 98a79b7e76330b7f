package io.quarry.allocator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quarry.posix.CountingPosix;
import io.quarry.posix.Posix;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ReallocTest {
  private static final long KIB = 1L << 10;
  private static final long MIB = 1L << 20;

  private final CountingPosix posix = new CountingPosix(Posix.host());
  private final SlabAllocator allocator =
      SlabAllocator.builder()
          .capacity(64 * MIB)
          .regionSize(2 * MIB)
          .posix(posix)
          .clock(new ManualClock())
          .build();
  private final Contents contents = new Contents();

  @AfterEach
  void close() {
    allocator.close();
    assertThat(posix.mappedRanges()).isEmpty();
  }

  @Test
  void keepsContentsFromSmallToHugeAndBack() {
    final long[] sizes = {
      1, 16, 17, 100, 5_000, 32 * KIB, 33 * KIB, 500_000, MIB, MIB + 1, 3 * MIB, 9 * MIB
    };
    long address = allocator.realloc(Allocator.NULL, 0);
    long size = 0;
    for (int i = 0; i < 2 * sizes.length; i++) {
      final long next = i < sizes.length ? sizes[i] : sizes[2 * sizes.length - 1 - i];
      address = resize(address, size, next, i);
      size = next;
    }
    allocator.free(address, size);
    assertThat(allocator.stats().liveBlocks()).isZero();
  }

  @Test
  void keepsContentsBetweenEveryPairOfKinds() {
    final long[] sizes = {7, 900, 20_000, 50_000, 700_000, MIB + 5, 2 * MIB, 6 * MIB, 7 * MIB};
    for (final long from : sizes) {
      for (final long to : sizes) {
        final long address = resize(allocator.malloc(from), from, to, from + to);
        allocator.free(address, to);
      }
    }
    assertThat(allocator.stats().liveBlocks()).isZero();
    assertThat(allocator.stats().mallocCount()).isEqualTo(allocator.stats().freeCount());
  }

  private long resize(final long address, final long from, final long to, final long seed) {
    contents.fill(address, from, seed);
    final long moved = allocator.realloc(address, to);
    assertThat(contents.holds(moved, Math.min(from, to), seed)).as("%d to %d", from, to).isTrue();
    assertThat(allocator.usableSize(moved)).isGreaterThanOrEqualTo(to);
    assertThat(allocator.stats().liveBlocks()).isEqualTo(1);
    if (moved != address) {
      assertThatThrownBy(() -> allocator.free(address)).isInstanceOf(InvalidAddressException.class);
    }
    contents.fill(moved, to, ~seed);
    return moved;
  }

  @Test
  void staysWhereItIsWithinItsClass() {
    final long address = allocator.malloc(1_025);
    for (long size = 1_025; size <= 1_152; size++) {
      assertThat(allocator.realloc(address, size)).isEqualTo(address);
    }
    assertThat(allocator.realloc(address, 1_153)).isNotEqualTo(address);
  }

  /** Copied once, to where it can grow; a class would be as large, and would not let it. */
  @Test
  void aBlockThatGrowsFromAGranuleOnStaysWhereItIs() {
    final long address = resize(allocator.malloc(32 * KIB), 32 * KIB, 64 * KIB, 1);
    for (long size = 64 * KIB; size < MIB; size *= 2) {
      assertThat(resize(address, size, size * 2, size)).as("to %d", size * 2).isEqualTo(address);
    }
    assertThat(resize(address, MIB, 192 * KIB, 2)).as("shorter").isEqualTo(address);
    assertThat(allocator.usableSize(address)).isEqualTo(192 * KIB);
    assertThat(allocator.stats().liveBytes()).isEqualTo(192 * KIB);
    allocator.free(address, 192 * KIB);
  }

  @Test
  void aBlockThatGrowsTakesNoMoreThanItsClass() {
    final long address = allocator.realloc(allocator.malloc(64 * KIB), 65 * KIB);
    assertThat(allocator.usableSize(address)).isEqualTo(72 * KIB);
  }

  /** Its neighbour is in use: it is copied, and no page is moved for so little. */
  @Test
  void aShorterBlockThatCannotGrowInPlaceIsCopied() {
    final long address = resize(allocator.malloc(32 * KIB), 32 * KIB, 64 * KIB, 1);
    final long end = address + 64 * KIB;
    long neighbour = allocator.malloc(64 * KIB);
    while (neighbour != end) { // carves one run after the other
      assertThat(neighbour).isLessThan(end);
      neighbour = allocator.malloc(64 * KIB);
    }
    contents.fill(address, 64 * KIB, 3);
    posix.resetCounts();
    final long moved = allocator.realloc(address, 128 * KIB);
    assertThat(moved).isNotEqualTo(address);
    assertThat(posix.count("mremap")).isZero();
    assertThat(contents.holds(moved, 64 * KIB, 3)).isTrue();
    allocator.free(moved, 128 * KIB);
  }

  @Test
  void hugeBlocksMoveTheirPagesWithMremap() {
    long address = allocator.malloc(4 * MIB);
    final long fence = allocator.malloc(2 * MIB);
    contents.fill(address, 4 * MIB, 42);
    for (long size = 5 * MIB; size <= 20 * MIB; size += 5 * MIB) {
      posix.resetCounts();
      final long moved = allocator.realloc(address, size);
      assertThat(moved).isNotEqualTo(address);
      assertThat(posix.count("mremap")).as("to %d", size).isEqualTo(1);
      assertThat(contents.holds(moved, 4 * MIB, 42)).isTrue();
      final long old = address;
      assertThatThrownBy(() -> allocator.free(old)).isInstanceOf(InvalidAddressException.class);
      contents.fill(moved, size, 42); // all of it is there to be written
      address = moved;
    }
    assertThat(allocator.stats().liveBytes()).isEqualTo(22 * MIB);
    allocator.free(address, 20 * MIB);
    allocator.free(fence);
    allocator.trim();
    assertThat(posix.mappedBytes()).isZero();
  }

  @Test
  void hugeBlocksMoveAlsoWhereThereIsNoRoomForTwoOfThem() {
    // 40 MiB in use, 64 are allowed: copying would need 88.
    final long address = allocator.malloc(40 * MIB);
    allocator.malloc(2 * MIB);
    contents.fill(address, 40 * MIB, 7);
    final long moved = allocator.realloc(address, 48 * MIB);
    assertThat(posix.count("mremap")).isEqualTo(1);
    assertThat(contents.holds(moved, 40 * MIB, 7)).isTrue();
    assertThat(allocator.stats().mappedBytes()).isEqualTo(50 * MIB);
  }

  @Test
  void whatDoesNotFitLeavesTheOldBlockUntouched() {
    for (final long size : new long[] {100, 50_000, 3 * MIB}) {
      final long address = allocator.malloc(size);
      contents.fill(address, size, size);
      for (final long newSize : new long[] {64 * MIB, 65 * MIB, 1L << 45, Long.MAX_VALUE}) {
        assertThatThrownBy(() -> allocator.realloc(address, newSize))
            .isInstanceOf(OffHeapExhaustedException.class);
      }
      assertThat(contents.holds(address, size, size)).isTrue();
      assertThatThrownBy(() -> allocator.realloc(address, -1))
          .isInstanceOf(IllegalArgumentException.class);
      assertThat(contents.holds(address, size, size)).isTrue();
    }
    assertThat(allocator.stats().liveBlocks()).isEqualTo(3);
  }

  @Test
  void shrinkingInPlaceGivesTheRestBack() {
    final long address = allocator.malloc(20 * MIB);
    contents.fill(address, 2 * MIB, 3);
    assertThat(allocator.realloc(address, 2 * MIB)).isEqualTo(address);
    assertThat(allocator.stats().liveBytes()).isEqualTo(2 * MIB);
    assertThat(allocator.trim()).isEqualTo(18 * MIB);
    assertThat(contents.holds(address, 2 * MIB, 3)).isTrue();
    allocator.free(address, 2 * MIB);
    assertThat(allocator.trim()).isEqualTo(2 * MIB);
    assertThat(posix.mappedBytes()).isZero();
  }
}
