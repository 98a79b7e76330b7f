package io.quarry.heap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.quarry.allocator.AllocatorStats;
import io.quarry.allocator.SlabAllocator;
import io.quarry.threads.PausingWorker;
import java.lang.reflect.Field;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/**
 * Takes heaps from threads that are in the middle of things, as fast as it can: far more often than
 * the agent would, and not only of idle threads. Every block is stamped and checked, and in the end
 * nothing may be missing. {@code -Dquarry.test.seconds=} makes it longer.
 */
class IdleThreadsStressTest {
  private static final int THREADS = 4;

  private final ConcurrentLinkedQueue<Long> handedOver = new ConcurrentLinkedQueue<>();
  private final AtomicReference<Throwable> failure = new AtomicReference<>();

  @Test
  void heapsAreTakenFromRunningThreads() throws Exception {
    assumeTrue(Absence.isPossible());
    final long seconds = Long.getLong("quarry.test.seconds", 3);
    final long seed = Long.getLong("quarry.test.seed", System.nanoTime());
    try (SlabAllocator allocator =
        SlabAllocator.builder()
            .capacity(256L << 20)
            .idleTime(Duration.ofHours(1)) // so that the agent, of which there is one, takes none
            .misuseListener(what -> failure.compareAndSet(null, new AssertionError(what)))
            .build()) {
      final Heaps heaps = heapsOf(allocator);
      final IdleThreads idleThreads = new IdleThreads(heaps);
      final long end = System.nanoTime() + seconds * 1_000_000_000L;
      final List<PausingWorker> workers = new ArrayList<>();
      final List<Thread> threads = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        final PausingWorker worker =
            new PausingWorker(
                allocator,
                handedOver,
                new SplittableRandom(seed + i),
                i + 1,
                () -> System.nanoTime() - end < 0 && failure.get() == null);
        workers.add(worker);
        final Thread thread = new Thread(worker);
        thread.setUncaughtExceptionHandler((which, thrown) -> failure.compareAndSet(null, thrown));
        thread.start();
        threads.add(thread);
      }
      long tried = 0;
      long taken = 0;
      while (System.nanoTime() - end < 0 && failure.get() == null) {
        for (final Heap heap : heaps.liveHeaps()) {
          tried++;
          taken += idleThreads.takeAway(heap) ? 1 : 0;
        }
      }
      for (final Thread thread : threads) {
        thread.join();
      }
      for (Long block = handedOver.poll(); block != null; block = handedOver.poll()) {
        allocator.free(block);
      }
      assertThat(failure.get()).as("seed %d", seed).isNull();
      final long mallocs = workers.stream().mapToLong(PausingWorker::mallocs).sum();
      final AllocatorStats stats = allocator.stats();
      System.out.printf(
          "%d heaps taken of %d tried in %d s, %d mallocs%n", taken, tried, seconds, mallocs);
      assertThat(stats.liveBlocks()).isZero();
      assertThat(stats.mallocCount()).isEqualTo(mallocs);
      assertThat(stats.misuseCount()).isZero();
      assertThat(taken).isPositive();
    }
  }

  static Heaps heapsOf(final SlabAllocator allocator) throws ReflectiveOperationException {
    final Field field = SlabAllocator.class.getDeclaredField("heaps");
    field.setAccessible(true);
    return (Heaps) field.get(allocator);
  }
}
