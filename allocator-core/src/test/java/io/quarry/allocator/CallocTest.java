package io.quarry.allocator;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Zero whatever the memory was before. */
class CallocTest {
  private final ManualClock clock = new ManualClock();
  private SlabAllocator allocator = build(ReturnMode.UNMAP);

  private SlabAllocator build(final ReturnMode mode) {
    return SlabAllocator.builder()
        .capacity(1L << 30)
        .clock(clock)
        .idleTime(Duration.ofSeconds(1))
        .returnMode(mode)
        .build();
  }

  @AfterEach
  void close() {
    allocator.close();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 16, 100, 4_096, 32_768, 32_769, 40_000, 300_000, 1 << 20, 3 << 20})
  void isZeroOnFreshReusedAndReturnedMemory(final long size) {
    for (int round = 0; round < 3; round++) {
      checkZeroAndDirty(size); // fresh, then of slabs that were retired but are mapped still
    }
    // Part of a slab is dirty, the rest of it was never issued.
    final long kept = allocator.malloc(size);
    final long dirtied = allocator.malloc(size);
    Contents.dirty(dirtied, allocator.usableSize(dirtied));
    allocator.free(dirtied);
    checkZeroAndDirty(size);
    allocator.free(kept);
    // Unmapped, and mapped again.
    final long returned = allocator.stats().unmappedBytes();
    allocator.trim();
    assertThat(allocator.stats().unmappedBytes()).isGreaterThan(returned);
    checkZeroAndDirty(size);
    clock.advance(Duration.ofSeconds(3));
    allocator.housekeep();
    checkZeroAndDirty(size);
  }

  @ParameterizedTest
  @EnumSource(ReturnMode.class)
  void isZeroInMemoryThatOtherSizesDirtied(final ReturnMode mode) {
    allocator.close();
    allocator = build(mode);
    for (final long size : new long[] {3 << 20, 48, 300_000, 4_000, 1 << 20, 70_000, 5 << 20}) {
      checkZeroAndDirty(size);
      if (size % 3 == 0) {
        allocator.trim();
      }
    }
  }

  @Test
  void isZeroAfterAHoleIsFilledInTheMiddle() {
    allocator.close();
    allocator =
        SlabAllocator.builder().capacity(1L << 30).regionSize(16L << 20).clock(clock).build();
    final long[] blocks = new long[15]; // of 17 granules each: one region, full
    for (int i = 0; i < blocks.length; i++) {
      blocks[i] = allocator.calloc(1, 1 << 20 | 1);
      Contents.dirty(blocks[i], allocator.usableSize(blocks[i]));
    }
    // Idle, hole, idle, hole in a row: a block over all of them has both kinds in it.
    allocator.free(blocks[2]);
    allocator.free(blocks[4]);
    allocator.trim();
    allocator.free(blocks[3]);
    allocator.free(blocks[5]);
    final long wide = allocator.calloc(4, (1 << 20) + 65_536);
    assertThat(wide).isEqualTo(blocks[2]);
    assertThat(Contents.isZero(wide, allocator.usableSize(wide))).isTrue();
  }

  @Test
  void isZeroWhereABlockWasGrownAndShrunkInPlace() {
    long address = allocator.calloc(1, 2 << 20);
    address = allocator.realloc(address, 4 << 20);
    Contents.dirty(address, 4 << 20);
    address = allocator.realloc(address, 2 << 20);
    final long next = allocator.calloc(1, 2 << 20);
    assertThat(next).isEqualTo(address + (2 << 20));
    assertThat(Contents.isZero(next, 2 << 20)).isTrue();
  }

  private void checkZeroAndDirty(final long size) {
    final long[] blocks = new long[size < 100_000 ? 40 : 9]; // more than one slab of each
    for (int i = 0; i < blocks.length; i++) {
      blocks[i] = i % 2 == 0 ? allocator.calloc(1, size) : allocator.calloc(size, 1);
      assertThat(Contents.isZero(blocks[i], size)).as("block %d of %d bytes", i, size).isTrue();
      Contents.dirty(blocks[i], allocator.usableSize(blocks[i]));
    }
    for (final long block : blocks) {
      allocator.free(block, size);
    }
  }
}
