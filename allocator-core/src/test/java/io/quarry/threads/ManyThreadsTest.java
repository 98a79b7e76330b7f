package io.quarry.threads;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarry.allocator.AllocatorStats;
import io.quarry.allocator.SlabAllocator;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** What threads that live and do nothing hold back. */
@EnabledOnOs(OS.LINUX)
class ManyThreadsTest {
  private static final long MIB = 1L << 20;

  /** A slab of each small class; see the architecture page. */
  private static final long SLAB_OF_EACH_CLASS = 9_764_864 + 64 * 1024;

  private static final int[] SIZES = smallSizes();

  private final SlabAllocator allocator =
      SlabAllocator.builder().capacity(2048 * MIB).idleTime(Duration.ofMillis(200)).build();
  private final CountDownLatch end = new CountDownLatch(1);
  private final List<Thread> threads = new ArrayList<>();
  private final AtomicReference<Throwable> failure = new AtomicReference<>();

  @AfterEach
  void close() throws InterruptedException {
    end.countDown();
    for (final Thread thread : threads) {
      thread.join();
    }
    allocator.close();
  }

  private static final int[] MEDIUM_SIZES = {40_960, 65_536, 106_496, 262_144, 1 << 20};

  private static int[] smallSizes() {
    final List<Integer> sizes = new ArrayList<>();
    for (int size = 16; size <= 128; size += 16) {
      sizes.add(size);
    }
    for (int octave = 128; octave < 32 << 10; octave *= 2) {
      for (int step = 1; step <= 8; step++) {
        sizes.add(octave + octave / 8 * step);
      }
    }
    return sizes.stream().mapToInt(Integer::intValue).toArray();
  }

  /**
   * 1,000 threads, each of which allocates and frees two blocks of each of the 72 small classes.
   */
  @Test
  void aThousandThreadsThatNeedLittleHoldBackNothing() throws InterruptedException {
    assertThat(SIZES).hasSize(72);
    startAndAwait(1_000, 2, 2);
    final long peak = allocator.stats().mappedBytes();
    final long settled = awaitMapped(0);
    System.out.printf("1,000 threads that freed all: %,d bytes mapped, then %,d%n", peak, settled);
    assertThat(settled).isZero();
  }

  /** The same, but one block of each class stays. */
  @Test
  void aThousandThreadsThatKeepABlockOfEachClassHoldBackLittleMore() throws InterruptedException {
    startAndAwait(1_000, 2, 1);
    final AllocatorStats peak = allocator.stats();
    final long bound = peak.liveBytes() + peak.liveBytes() / 16 + 8 * SLAB_OF_EACH_CLASS;
    final long settled = awaitMapped(bound);
    System.out.printf(
        "1,000 threads that keep 72 blocks each: %,d bytes live, %,d mapped, then %,d%n",
        peak.liveBytes(), peak.mappedBytes(), settled);
    assertThat(settled).isLessThanOrEqualTo(bound);
  }

  /** Threads that have slabs of their own: first they hold them back, then they do not. */
  @Test
  void threadsThatNeededMuchHoldBackNothingAfterAWhile() throws InterruptedException {
    startAndAwait(100, 64, 64);
    final long peak = allocator.stats().mappedBytes();
    final long settled = awaitMapped(0);
    System.out.printf("100 threads of many blocks: %,d bytes mapped, then %,d%n", peak, settled);
    assertThat(settled).isZero();
  }

  /** The same with medium blocks, of which a thread has slabs once it has had some dozens. */
  @Test
  void threadsThatNeededMuchOfMediumSizesHoldBackNothingAfterAWhile() throws InterruptedException {
    startAndAwait(20, () -> allocateAndFreeInTurn(MEDIUM_SIZES, 100));
    final long peak = allocator.stats().mappedBytes();
    final long settled = awaitMapped(0);
    System.out.printf("20 threads of medium blocks: %,d bytes mapped, then %,d%n", peak, settled);
    assertThat(peak).as("slabs of their own").isGreaterThan(20 * MIB);
    assertThat(settled).isZero();
  }

  private void startAndAwait(final int count, final int blocks, final int freed)
      throws InterruptedException {
    startAndAwait(count, () -> allocateAndFree(blocks, freed));
  }

  private void startAndAwait(final int count, final Runnable work) throws InterruptedException {
    final CountDownLatch done = new CountDownLatch(count);
    for (int i = 0; i < count; i++) {
      final Thread thread =
          new Thread(
              null,
              () -> {
                work.run();
                done.countDown();
                awaitEnd();
              },
              "idle-" + i,
              128 << 10);
      thread.setUncaughtExceptionHandler(
          (which, thrown) -> {
            failure.compareAndSet(null, thrown);
            done.countDown();
          });
      threads.add(thread);
      thread.start();
    }
    assertThat(done.await(120, TimeUnit.SECONDS)).isTrue();
    assertThat(failure.get()).isNull();
  }

  private void allocateAndFree(final int blocks, final int freed) {
    final long[] addresses = new long[blocks];
    for (final int size : SIZES) {
      for (int i = 0; i < blocks; i++) {
        addresses[i] = allocator.malloc(size);
      }
      for (int i = 0; i < freed; i++) {
        allocator.free(addresses[i]);
      }
    }
  }

  private void allocateAndFreeInTurn(final int[] sizes, final int times) {
    for (final int size : sizes) {
      for (int i = 0; i < times; i++) {
        allocator.free(allocator.malloc(size));
      }
    }
  }

  private void awaitEnd() {
    try {
      end.await();
    } catch (final InterruptedException ended) {
      Thread.currentThread().interrupt();
    }
  }

  private long awaitMapped(final long bound) throws InterruptedException {
    final long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (allocator.stats().mappedBytes() > bound && System.nanoTime() - deadline < 0) {
      Thread.sleep(20);
    }
    return allocator.stats().mappedBytes();
  }
}
