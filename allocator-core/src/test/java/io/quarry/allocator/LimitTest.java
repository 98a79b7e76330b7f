package io.quarry.allocator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quarry.allocator.OffHeapExhaustedException.Reason;
import io.quarry.posix.CountingPosix;
import io.quarry.posix.Posix;
import io.quarry.posix.ProcMaps;
import io.quarry.slab.SizeClasses;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The capacity is never exceeded by a byte, and what is below it can be had. */
class LimitTest {
  private static final long CAPACITY = 8L << 20;

  /** A 128th, kept for compaction: slabs of many blocks do not use it. */
  private static final long HEADROOM = 64L << 10;

  private final CountingPosix posix = new CountingPosix(Posix.host());
  private final SlabAllocator allocator =
      SlabAllocator.builder()
          .capacity(CAPACITY)
          .posix(posix)
          .clock(new ManualClock())
          .idleTime(Duration.ofHours(1))
          .build();

  @AfterEach
  void close() {
    allocator.close();
  }

  static LongStream sizes() {
    return LongStream.concat(
        IntStream.range(0, SizeClasses.COUNT).mapToLong(SizeClasses::bytes),
        LongStream.of((1 << 20) + 1, 2 << 20, 3 << 20, CAPACITY));
  }

  @ParameterizedTest
  @MethodSource("sizes")
  void oneFreeMakesRoomForOneBlock(final long size) {
    final List<Long> blocks = fill(allocator, size);
    requireFull(size);
    for (final int index : new int[] {0, blocks.size() / 2, blocks.size() - 1}) {
      allocator.free(blocks.get(index));
      blocks.set(index, allocator.malloc(size));
      assertThat(allocator.tryMalloc(size)).isZero();
    }
    assertThat(blocks).doesNotHaveDuplicates();
    // All of it is there for another size, and again for this one.
    blocks.forEach(allocator::free);
    final long large = allocator.malloc(CAPACITY);
    assertThat(allocator.stats().mappedBytes()).isEqualTo(CAPACITY);
    assertThat(allocator.tryMalloc(size)).isZero();
    allocator.free(large);
    assertThat(fill(allocator, size)).hasSameSizeAs(blocks);
  }

  @ParameterizedTest
  @ValueSource(longs = {16, 1_000, 32_768, 32_769, 200_000, 1 << 20, 3 << 20})
  void memoryInEmptySlabsOfOtherClassesIsFound(final long size) {
    // One empty slab of each small class, kept as current; together they are all there is.
    int used = 0;
    for (int sizeClass = 0; sizeClass < SizeClasses.COUNT; sizeClass++) {
      final long block = allocator.tryMalloc(SizeClasses.bytes(sizeClass));
      if (block != 0) {
        allocator.free(block);
        used++;
      }
    }
    assertThat(used).isEqualTo(SizeClasses.COUNT);
    final List<Long> blocks = fill(allocator, size);
    requireFull(size);
    blocks.forEach(allocator::free);
  }

  @ParameterizedTest
  @ValueSource(longs = {16, 1_000, 32_768, 32_769, 200_000, 1 << 20, 3 << 20})
  void memoryOfDeadThreadsIsFound(final long size) throws InterruptedException {
    final Thread dead =
        new Thread(() -> fill(allocator, 64).forEach(allocator::free), "dies with empty slabs");
    dead.start();
    dead.join();
    allocator.malloc(size);
    fill(allocator, size);
    requireFull(size);
  }

  @ParameterizedTest
  @ValueSource(longs = {16, 1_000, 32_768})
  void freeBlocksBesideLiveOnesOfDeadThreadsAreFound(final long size) throws InterruptedException {
    final List<Long> blocks = new ArrayList<>();
    final Thread dead = new Thread(() -> blocks.addAll(fill(allocator, size)));
    dead.start();
    dead.join();
    assertThat(allocator.tryMalloc(size)).isZero();
    final Thread other = new Thread(() -> IntStream.range(0, 3).forEach(i -> free(blocks, i)));
    other.start();
    other.join();
    for (int i = 0; i < 3; i++) {
      assertThat(allocator.malloc(size)).isIn(blocks);
    }
    assertThat(allocator.tryMalloc(size)).isZero();
  }

  private void free(final List<Long> blocks, final int ofThird) {
    allocator.free(blocks.get(ofThird * (blocks.size() - 1) / 2));
  }

  @Test
  void idleMemoryIsReusedOrReturnedBeforeTheLimit() {
    final long first = allocator.malloc(CAPACITY / 2);
    final long second = allocator.malloc(CAPACITY / 2);
    allocator.free(first);
    assertThat(allocator.stats().idleBytes()).isEqualTo(CAPACITY / 2);
    final List<Long> small = fill(allocator, 5_000);
    assertThat(allocator.stats().mappedBytes()).isEqualTo(CAPACITY - HEADROOM);
    assertThat(small.size() * 5_120L).isGreaterThan(CAPACITY / 2 * 15 / 16);
    allocator.free(second);
    // Idle are 4 MiB at the end of the region; the block needs them and what is next to them.
    small.forEach(allocator::free);
    assertThat(allocator.malloc(CAPACITY)).isNotZero();
  }

  @Test
  void threadsThatRaceForTheLastSlabNeverExceedTheCapacity() throws Exception {
    final int threads = 4;
    final CyclicBarrier together = new CyclicBarrier(threads);
    final AtomicBoolean ended = new AtomicBoolean();
    final AtomicLong most = new AtomicLong();
    final AtomicInteger refusals = new AtomicInteger();
    final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
    final Thread sampler =
        new Thread(
            () -> {
              while (!ended.get()) {
                most.accumulateAndGet(allocator.stats().mappedBytes(), Math::max);
              }
            });
    sampler.start();
    final List<Thread> racers = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      final SplittableRandom random = new SplittableRandom(i);
      racers.add(
          new Thread(
              () -> {
                try {
                  for (int round = 0; round < 25; round++) {
                    together.await();
                    race(random, refusals, most);
                  }
                } catch (final Throwable failure) {
                  failures.add(failure);
                  together.reset();
                }
              }));
    }
    racers.forEach(Thread::start);
    for (final Thread racer : racers) {
      racer.join();
    }
    ended.set(true);
    sampler.join();
    assertThat(failures).isEmpty();
    assertThat(refusals.get()).isGreaterThanOrEqualTo(25);
    assertThat(most.get()).isBetween(CAPACITY - HEADROOM, CAPACITY); // reached, not exceeded
    assertThat(residentBytes()).isPositive().isLessThanOrEqualTo(CAPACITY);
    assertThat(allocator.stats().liveBlocks()).isZero();
    assertThat(allocator.malloc(CAPACITY)).as("once nobody else is there").isNotZero();
  }

  private void race(
      final SplittableRandom random, final AtomicInteger refusals, final AtomicLong most) {
    final List<Long> blocks = new ArrayList<>();
    final int log2 = 4 + random.nextInt(18);
    try {
      while (true) {
        final long size = 1 + random.nextInt(1 << log2);
        final long block = allocator.malloc(size);
        Contents.dirty(block, size);
        blocks.add(block);
      }
    } catch (final OffHeapExhaustedException refused) {
      assertThat(refused.reason()).isEqualTo(Reason.LIMIT);
      most.accumulateAndGet(refused.stats().mappedBytes(), Math::max);
      refusals.incrementAndGet();
    }
    blocks.forEach(allocator::free);
  }

  private long residentBytes() {
    return posix.mappedRanges().entrySet().stream()
        .mapToLong(range -> ProcMaps.rssBytes(range.getKey(), range.getValue()))
        .sum();
  }

  /** Allocates until there is no more; what was allocated. */
  private static List<Long> fill(final SlabAllocator allocator, final long size) {
    final List<Long> blocks = new ArrayList<>();
    for (long block = allocator.tryMalloc(size); block != 0; block = allocator.tryMalloc(size)) {
      blocks.add(block);
    }
    return blocks;
  }

  /** Fails if there is room for one more, or the refusal does not say what it should. */
  private void requireFull(final long size) {
    assertThat(allocator.tryMalloc(size)).isZero();
    assertThatThrownBy(() -> allocator.malloc(size))
        .isInstanceOfSatisfying(
            OffHeapExhaustedException.class,
            refused -> {
              assertThat(refused.reason()).isEqualTo(Reason.LIMIT);
              assertThat(refused.stats().mappedBytes()).isLessThanOrEqualTo(CAPACITY);
              assertThat(refused).hasMessageContaining("LIMIT").hasMessageContaining("mapped");
              // What is not used is less than one block, but for the tails.
              final AllocatorStats stats = refused.stats();
              assertThat(CAPACITY - stats.liveBytes() - stats.tailBytes())
                  .isLessThan((size + 65_535) / 65_536 * 65_536 + HEADROOM);
            });
  }
}
