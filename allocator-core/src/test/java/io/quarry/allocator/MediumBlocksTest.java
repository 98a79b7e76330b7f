package io.quarry.allocator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quarry.allocator.InvalidAddressException.Reason;
import io.quarry.slab.SizeClasses;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Blocks of more than 32 KiB that have a class: after some dozens of one class a thread has a slab
 * of its own, and everything else stays as it was.
 */
class MediumBlocksTest {
  private static final long MIB = 1L << 20;

  /** More than what a thread gets from shared heaps first. */
  private static final int MANY = 100;

  /** The slabs of medium classes that a thread may have to itself: eight of up to 4 MiB. */
  private static final long MOST_BYTES = 8 * 4 * MIB;

  private SlabAllocator allocator =
      SlabAllocator.builder()
          .capacity(4096 * MIB)
          .clock(new ManualClock())
          .idleTime(Duration.ofHours(1))
          .build();

  @AfterEach
  void close() {
    allocator.close();
  }

  private void pairs(final long size, final int count) {
    for (int i = 0; i < count; i++) {
      allocator.free(allocator.malloc(size));
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {32_769, 65_536, 200_000, 1 << 20})
  void oneThatIsFreedIsTheNextOne(final long size) {
    pairs(size, MANY);
    final long first = allocator.malloc(size);
    final long second = allocator.malloc(size);
    allocator.free(first);
    assertThat(allocator.malloc(size)).isEqualTo(first);
    allocator.free(second);
    assertThat(allocator.malloc(size)).isEqualTo(second);
    assertThat(allocator.stats().liveBlocks()).isEqualTo(2);
  }

  @ParameterizedTest
  @ValueSource(longs = {32_769, 65_536, 200_000, 1 << 20})
  void misuseIsSeenOnAThreadsOwnSlab(final long size) throws InterruptedException {
    pairs(size, MANY);
    final long address = allocator.malloc(size);
    requireInvalid(address + 16, Reason.INTERIOR);
    allocator.free(address);
    requireInvalid(address, Reason.DOUBLE_FREE);
    final long again = allocator.malloc(size);
    assertThat(again).isEqualTo(address);
    final Thread other = new Thread(() -> allocator.free(again));
    other.start();
    other.join();
    requireInvalid(address, Reason.DOUBLE_FREE);
    requireCounted(0);
  }

  private void requireInvalid(final long address, final Reason reason) {
    assertThatThrownBy(() -> allocator.free(address))
        .isInstanceOfSatisfying(
            InvalidAddressException.class,
            invalid -> assertThat(invalid.reason()).isEqualTo(reason));
  }

  /** The statistics refuse to be made if their bytes do not add up. */
  private void requireCounted(final long liveBlocks) {
    final AllocatorStats stats = allocator.stats();
    assertThat(stats.liveBlocks()).isEqualTo(liveBlocks);
    assertThat(stats.mallocCount() - stats.freeCount()).isEqualTo(liveBlocks);
  }

  @ParameterizedTest
  @ValueSource(longs = {32_769, 65_536, 200_000, 1 << 20})
  void distinctWhileTheyLiveAndZeroWhenAskedFor(final long size) {
    pairs(size, MANY);
    final Set<Long> live = new HashSet<>();
    for (int round = 0; round < 3; round++) {
      for (int i = 0; i < 30; i++) {
        final long address = i % 2 == 0 ? allocator.malloc(size) : allocator.calloc(1, size);
        assertThat(live.add(address)).as("issued twice").isTrue();
        assertThat(i % 2 == 0 || Contents.isZero(address, size)).as("zero").isTrue();
        Contents.dirty(address, size);
      }
      requireCounted(30);
      live.forEach(allocator::free);
      live.clear();
    }
    allocator.trim();
    requireCounted(0);
    assertThat(allocator.stats().mappedBytes()).isZero();
  }

  @Test
  void aThreadThatUsesAllClassesHasFewSlabsOfItsOwn() throws InterruptedException {
    for (int round = 0; round < 3; round++) {
      for (int sizeClass = SizeClasses.SMALL_COUNT; sizeClass < SizeClasses.COUNT; sizeClass++) {
        pairs(SizeClasses.bytes(sizeClass), MANY);
      }
    }
    final Thread other = new Thread(() -> allocator.trim());
    other.start();
    other.join();
    // What the shared heaps had is retired, and returned; the rest is what this thread has.
    assertThat(allocator.stats().mappedBytes()).isBetween(MIB / 2, MOST_BYTES);
    allocator.trim();
    assertThat(allocator.stats().mappedBytes()).isZero();
  }

  @Test
  void whatAThreadDoesNotUseAnyMoreMakesRoomForWhatItUses() {
    final List<Integer> first = new ArrayList<>();
    for (int sizeClass = SizeClasses.COUNT - 8; sizeClass < SizeClasses.COUNT; sizeClass++) {
      first.add(SizeClasses.bytes(sizeClass));
      pairs(SizeClasses.bytes(sizeClass), MANY);
    }
    // Eight slabs, all there may be. Two terms of other blocks later none of them is left.
    pairs(40_000, 5_000);
    final long before = allocator.stats().mappedBytes() - allocator.stats().idleBytes();
    assertThat(before).isLessThan(first.size() * 4L * MIB);
    final long one = allocator.malloc(40_000);
    final long two = allocator.malloc(40_000);
    allocator.free(one);
    assertThat(allocator.malloc(40_000)).isEqualTo(one);
    allocator.free(two);
  }

  @Test
  void ofASmallCapacityNobodyHasAPartToHimself() throws InterruptedException {
    allocator.close();
    allocator =
        SlabAllocator.builder()
            .capacity(64 * MIB)
            .clock(new ManualClock())
            .idleTime(Duration.ofHours(1))
            .build();
    pairs(1 << 20, 10 * MANY);
    final long[] all = new long[64];
    final Thread other =
        new Thread(
            () -> {
              for (int i = 0; i < 63; i++) {
                all[i] = allocator.tryMalloc(1 << 20);
              }
            });
    other.start();
    other.join();
    for (int i = 0; i < 63; i++) {
      assertThat(all[i]).as("block %d", i).isNotZero();
    }
  }
}
