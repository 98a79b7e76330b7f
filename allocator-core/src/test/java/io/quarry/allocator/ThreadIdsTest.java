package io.quarry.allocator;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Test;

/** Threads whose {@code getId} lies, which a subclass may let it do. */
class ThreadIdsTest {
  private static final int THREADS = 40;

  @Test
  void manyThreadsWithOneIdAreServed() throws InterruptedException {
    assertServed(() -> 7);
  }

  @Test
  void threadsWhoseIdIsNeverTheSameAreServed() throws InterruptedException {
    final AtomicLong next = new AtomicLong();
    assertServed(() -> next.addAndGet(1_000_003));
  }

  private static void assertServed(final LongSupplier ids) throws InterruptedException {
    final AtomicInteger served = new AtomicInteger();
    try (SlabAllocator allocator = SlabAllocator.builder().capacity(256 << 20).build()) {
      final CountDownLatch allAlive = new CountDownLatch(THREADS);
      final List<Thread> threads = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        final Thread thread =
            new LyingThread(
                ids,
                () -> {
                  final long first = allocator.malloc(100);
                  allAlive.countDown();
                  await(allAlive);
                  for (int n = 0; n < 1_000; n++) {
                    allocator.free(allocator.malloc(64));
                  }
                  allocator.free(first);
                  served.incrementAndGet();
                });
        threads.add(thread);
        thread.start();
      }
      for (final Thread thread : threads) {
        thread.join();
      }
      assertThat(served).hasValue(THREADS);
      assertThat(allocator.stats().liveBlocks()).isZero();
      assertThat(allocator.stats().mallocCount()).isEqualTo(THREADS * 1_001L);
    }
  }

  private static void await(final CountDownLatch latch) {
    try {
      latch.await();
    } catch (final InterruptedException unexpected) {
      throw new AssertionError(unexpected);
    }
  }

  private static final class LyingThread extends Thread {
    private final LongSupplier ids;

    LyingThread(final LongSupplier ids, final Runnable work) {
      super(work);
      this.ids = ids;
    }

    @Override
    public long getId() {
      return ids == null ? 0 : ids.getAsLong();
    }
  }
}
