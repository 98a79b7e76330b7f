package io.quarry.allocator;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The three kinds of cache that {@link Relocator} describes, with readers, writers and evictors at
 * work while compaction moves their values, in the background and by hand, and every value checked.
 * The sizes change all the time, so that there is always something to compact. For two seconds
 * each; {@code -Dquarry.test.compaction.seconds} makes it longer.
 */
class MovingCachesTest {
  private static final long CAPACITY = 48L << 20;
  private static final int KEYS = 60_000;
  private static final Duration TIME =
      Duration.ofSeconds(Long.getLong("quarry.test.compaction.seconds", 2));

  private final AtomicReference<Throwable> failure = new AtomicReference<>();
  private volatile boolean stop;

  static Stream<Arguments> caches() {
    return Stream.of(
        kind("a lock for each entry", LockedCache::new),
        kind("a count of users", CountedCache::new),
        kind("epochs", EpochCache::new));
  }

  private static Arguments kind(
      final String name, final BiFunction<SlabAllocator, Integer, MovingCache> maker) {
    return Arguments.of(Named.of(name, maker));
  }

  /** Given to the builder before there is a cache to ask. */
  private static final class LateRelocator implements Relocator {
    volatile MovingCache cache;
    volatile long relocated;

    @Override
    public boolean relocate(final long oldAddress, final long newAddress, final long size) {
      if (cache == null || !cache.relocate(oldAddress, newAddress, size)) {
        return false;
      }
      relocated++;
      return true;
    }

    @Override
    public void awaitReaders() {
      cache.awaitReaders();
    }
  }

  @ParameterizedTest
  @MethodSource("caches")
  void valuesStayWholeWhileTheyMove(final BiFunction<SlabAllocator, Integer, MovingCache> maker)
      throws InterruptedException {
    final LateRelocator background = new LateRelocator();
    try (SlabAllocator allocator =
        SlabAllocator.builder()
            .capacity(CAPACITY)
            .idleTime(Duration.ofMillis(20))
            .relocator(background)
            .targetUtilisation(0.9)
            .build()) {
      final MovingCache cache = maker.apply(allocator, KEYS);
      background.cache = cache;
      final long[] movedByHand = new long[1];
      final List<Thread> threads = new ArrayList<>();
      threads.add(new Thread(() -> untilStopped(1, (by, key) -> cache.read(by, key))));
      threads.add(new Thread(() -> untilStopped(2, (by, key) -> cache.read(by, key))));
      for (int seed = 3; seed < 6; seed++) {
        final int writer = seed;
        threads.add(new Thread(() -> untilStopped(writer, (by, key) -> write(cache, by, key))));
      }
      threads.add(new Thread(() -> untilStopped(6, (by, key) -> cache.evict(by, key))));
      threads.add(
          new Thread(
              () ->
                  untilStopped(
                      7,
                      (by, key) -> {
                        final CompactionResult slice =
                            allocator.compact(cache, 1 << 20, Duration.ofMillis(5));
                        movedByHand[0] += slice.blocksMoved();
                        LockSupport.parkNanos(20_000_000); // the background wants its share
                      })));
      threads.forEach(Thread::start);
      final long end = System.nanoTime() + TIME.toNanos();
      while (System.nanoTime() < end && failure.get() == null) {
        Thread.sleep(10);
      }
      stop = true;
      for (final Thread thread : threads) {
        thread.join();
      }
      assertThat(failure.get()).isNull();
      for (int key = 0; key < KEYS; key++) {
        cache.read(new Stamped(0), key);
      }
      System.out.printf(
          "%,d values moved by hand, %,d in the background%n",
          movedByHand[0], background.relocated);
      assertThat(movedByHand[0]).as("moved by hand").isPositive();
      assertThat(background.relocated).as("moved in the background").isPositive();
      cache.clear();
      allocator.compact(cache); // so that none is running
      assertThat(allocator.stats().liveBytes()).isZero();
      assertThat(allocator.stats().misuseCount()).isZero();
    }
  }

  /** All of one kind of size for a while, then of another. */
  private static void write(final MovingCache cache, final Stamped by, final int key) {
    final boolean small = (System.nanoTime() >>> 27 & 1) == 0; // changes every 134 ms
    cache.write(by, key, by.anySize(small));
  }

  private interface Step {
    void on(Stamped by, int key);
  }

  private void untilStopped(final long seed, final Step step) {
    final Stamped by = new Stamped(seed);
    try {
      while (!stop) {
        step.on(by, by.random().nextInt(KEYS));
      }
    } catch (final RuntimeException | Error failed) {
      failure.compareAndSet(null, failed);
    }
  }
}
