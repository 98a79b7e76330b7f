package io.quarry.allocator;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarry.posix.CountingPosix;
import io.quarry.posix.Posix;
import io.quarry.slab.SizeClasses;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is returned and when, by a clock of the test's own: nothing here sleeps. */
class HousekeepingTest {
  private static final Duration IDLE = Duration.ofSeconds(10);
  private static final Duration INSTANT = Duration.ofNanos(1);
  private static final long MIB = 1L << 20;
  private static final long GRANULE = 65_536;

  private final ManualClock clock = new ManualClock();
  private final CountingPosix posix = new CountingPosix(Posix.host());
  private SlabAllocator allocator = build(ReturnMode.UNMAP);

  private SlabAllocator build(final ReturnMode mode) {
    return SlabAllocator.builder()
        .capacity(64 * MIB)
        .idleTime(IDLE)
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

  @Test
  void aLargeBlockIsUnmappedWhenTheIdleTimeIsOverAndNotBefore() {
    final long kept = allocator.malloc(2 * MIB);
    final long block = allocator.malloc(2 * MIB);
    allocator.free(block);
    assertThat(allocator.housekeep()).isEqualTo(IDLE.toNanos());
    clock.advance(IDLE.minus(INSTANT));
    assertThat(allocator.housekeep()).isEqualTo(1);
    assertThat(posix.count("munmap")).isLessThanOrEqualTo(3); // of the reservation's ends
    assertThat(allocator.stats().idleBytes()).isEqualTo(2 * MIB);
    posix.resetCounts();
    clock.advance(INSTANT);
    allocator.housekeep();
    assertThat(posix.count("munmap")).isEqualTo(1);
    assertThat(posix.mappedRanges()).doesNotContainKey(block).containsKey(block + 2 * MIB);
    assertThat(allocator.stats().mappedBytes()).isEqualTo(2 * MIB);
    assertThat(allocator.stats().unmappedBytes()).isEqualTo(2 * MIB);
    allocator.free(kept);
    clock.advance(IDLE);
    allocator.housekeep();
    assertThat(posix.mappedRanges()).isEmpty();
    assertThat(allocator.stats().reservedBytes()).isZero();
  }

  @Test
  void whatIsUsedAgainIsNotReturned() {
    for (int i = 0; i < 10; i++) {
      allocator.free(allocator.malloc(2 * MIB));
      clock.advance(IDLE.dividedBy(2));
      allocator.housekeep();
    }
    assertThat(allocator.stats().unmappedBytes()).isZero();
    assertThat(allocator.stats().mappedBytes()).isEqualTo(2 * MIB);
  }

  @Test
  void anIdleThreadKeepsOneEmptySlabOfEachSmallClass() {
    final int[] sizes = {16, 64, 1_000, 32_768};
    long bound = 0;
    final List<Long> blocks = new ArrayList<>();
    for (final int size : sizes) {
      for (long bytes = 0; bytes < 4 * MIB; bytes += size) {
        blocks.add(allocator.malloc(size));
      }
      bound += SizeClasses.granules(SizeClasses.of(size)) * GRANULE;
    }
    Contents.shuffle(blocks, 5);
    blocks.forEach(allocator::free);
    passTime();
    assertThat(allocator.stats().mappedBytes()).isPositive().isLessThanOrEqualTo(bound);
    assertThat(allocator.stats().idleBytes()).isZero();
  }

  @Test
  void aDeadThreadKeepsNothing() throws InterruptedException {
    inThread(
        () -> {
          final List<Long> blocks = allocateMixed(500);
          blocks.forEach(allocator::free);
        });
    passTime();
    assertThat(posix.mappedRanges()).isEmpty();
  }

  @Test
  void whatADeadThreadLeftIsReturnedWhenOthersFreeIt() throws InterruptedException {
    final List<Long> blocks = new ArrayList<>();
    inThread(() -> blocks.addAll(allocateMixed(500)));
    passTime();
    assertThat(allocator.stats().liveBlocks()).isEqualTo(blocks.size());
    inThread(() -> blocks.forEach(allocator::free));
    passTime();
    assertThat(posix.mappedRanges()).isEmpty();
  }

  @Test
  void whatOthersFreeOfAParkedThreadIsReturnedButForItsCurrentSlab() throws InterruptedException {
    final List<Long> blocks = new ArrayList<>();
    final CountDownLatch allocated = new CountDownLatch(1);
    final CountDownLatch end = new CountDownLatch(1);
    final Thread parked =
        new Thread(
            () -> {
              for (int i = 0; i < 8 * MIB / 512; i++) {
                blocks.add(allocator.malloc(512));
              }
              allocated.countDown();
              awaitQuietly(end);
            });
    parked.start();
    allocated.await();
    blocks.forEach(allocator::free);
    passTime();
    assertThat(allocator.stats().mappedBytes()).isLessThanOrEqualTo(GRANULE);
    end.countDown();
    parked.join();
    passTime();
    assertThat(posix.mappedRanges()).isEmpty();
  }

  @Test
  void sharedHeapsKeepNothing() {
    final List<Long> blocks = new ArrayList<>();
    for (int size = 32_769; size < MIB; size += 61_111) {
      blocks.add(allocator.malloc(size));
    }
    blocks.forEach(allocator::free);
    passTime();
    assertThat(posix.mappedRanges()).isEmpty();
  }

  @Test
  void thirtyTwoShortLivedThreadsLeaveNothing() throws InterruptedException {
    for (int i = 0; i < 32; i++) {
      inThread(() -> allocateMixed(100).forEach(allocator::free));
    }
    passTime();
    assertThat(posix.mappedRanges()).isEmpty();
  }

  @Test
  void discardKeepsTheMappingAndDropsTheContents() {
    allocator.close();
    allocator = build(ReturnMode.DISCARD);
    final long block = allocator.malloc(4 * MIB);
    Contents.dirty(block, 4 * MIB);
    allocator.free(block);
    posix.resetCounts();
    passTime();
    assertThat(posix.count("munmap")).isZero();
    assertThat(posix.count("madvise")).isEqualTo(1);
    assertThat(posix.mappedBytes()).isEqualTo(allocator.stats().reservedBytes());
    assertThat(allocator.stats().mappedBytes()).isZero();
    assertThat(allocator.stats().unmappedBytes()).isEqualTo(4 * MIB);
    assertThat(Contents.isZero(block, 4 * MIB)).isTrue(); // touched after its free, on purpose
  }

  @Test
  void neverKeepsItForReuse() {
    allocator.close();
    allocator = build(ReturnMode.NEVER);
    final long block = allocator.malloc(4 * MIB);
    allocator.free(block);
    posix.resetCounts();
    passTime();
    assertThat(allocator.trim()).isZero();
    assertThat(posix.count("munmap") + posix.count("madvise")).isZero();
    assertThat(allocator.stats().idleBytes()).isEqualTo(4 * MIB);
    assertThat(allocator.malloc(4 * MIB)).isEqualTo(block);
  }

  @Test
  void trimReturnsAtOnceWhatIsIdleAndSaysHowMuch() {
    final List<Long> blocks = allocateMixed(300);
    blocks.add(allocator.malloc(3 * MIB));
    final long kept = allocator.malloc(5 * MIB);
    final long mapped = allocator.stats().mappedBytes();
    assertThat(allocator.trim()).isZero();
    blocks.forEach(allocator::free);
    assertThat(allocator.trim()).isEqualTo(mapped - 5 * MIB);
    assertThat(allocator.stats().mappedBytes()).isEqualTo(5 * MIB);
    assertThat(allocator.stats().unmappedBytes()).isEqualTo(mapped - 5 * MIB);
    assertThat(allocator.trim()).isZero();
    allocator.free(kept);
    assertThat(allocator.trim()).isEqualTo(5 * MIB);
    assertThat(posix.mappedRanges()).isEmpty();
  }

  @Test
  void neighboursAreUnmappedWithOneCall() {
    final long kept = allocator.malloc(2 * MIB);
    final List<Long> blocks = new ArrayList<>();
    for (int i = 0; i < 45; i++) {
      blocks.add(allocator.malloc(131_073 + (1 << 20)));
    }
    allocator.malloc(100);
    for (int i = 0; i < 40; i++) {
      allocator.free(blocks.get(i));
    }
    posix.resetCounts();
    assertThat(allocator.trim()).isEqualTo(40 * (MIB + 3 * GRANULE));
    // In pieces of at most 8 MiB, so that nobody waits long for the lock.
    assertThat(posix.count("munmap")).isLessThanOrEqualTo(40 * (MIB + 3 * GRANULE) / (8 * MIB) + 1);
    allocator.free(kept);
  }

  private List<Long> allocateMixed(final int count) {
    final List<Long> blocks = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      blocks.add(allocator.malloc(i * 37L % 5_000));
      if (i % 20 == 0) {
        blocks.add(allocator.malloc(40_000 + i * 100L));
      }
    }
    return blocks;
  }

  /** As much time as any memory may take that nobody uses, in steps as the agent would take. */
  private void passTime() {
    for (int i = 0; i < 3; i++) {
      allocator.housekeep();
      clock.advance(IDLE);
    }
    allocator.housekeep();
  }

  private static void inThread(final Runnable work) throws InterruptedException {
    final Throwable[] failure = new Throwable[1];
    final Thread thread = new Thread(work);
    thread.setUncaughtExceptionHandler((failed, thrown) -> failure[0] = thrown);
    thread.start();
    thread.join();
    assertThat(failure[0]).isNull();
  }

  private static void awaitQuietly(final CountDownLatch latch) {
    try {
      latch.await();
    } catch (final InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
