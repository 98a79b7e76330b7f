package io.quarry.heap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.quarry.slab.SizeClasses;
import io.quarry.threads.Waiting;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Which threads lose their heaps, when, and how many at a time, by a clock of the test's own. */
@Timeout(60)
class IdleThreadsTest extends HeapsFixture {
  private static final long MILLI = 1_000_000;
  private static final long IDLE = 1_000 * MILLI;
  private static final long PAUSE = 10 * MILLI;

  private final IdleThreads idleThreads = new IdleThreads(heaps);
  private final CountDownLatch end = new CountDownLatch(1);
  private final List<Thread> threads = new ArrayList<>();

  @BeforeEach
  void possible() {
    assumeTrue(Absence.isPossible());
  }

  @AfterEach
  void end() throws InterruptedException {
    end.countDown();
    for (final Thread thread : threads) {
      thread.join();
    }
  }

  /** A thread that has a slab of its own, and now waits elsewhere, below so many frames. */
  private void startWaiting(final int frames) {
    final Thread thread = new Thread(new Allocating(this, new Waiting(end, frames)));
    threads.add(thread);
    thread.start();
    while (thread.getState() != Thread.State.WAITING) {
      Thread.onSpinWait();
    }
  }

  private record Allocating(IdleThreadsTest test, Runnable then) implements Runnable {
    @Override
    public void run() {
      test.allocateEnough();
      then.run();
    }
  }

  private void allocateEnough() {
    for (int i = 0; i < 20; i++) {
      assertThat(heaps.allocate(1_000, 16)).isPositive();
    }
  }

  @Test
  void aThreadWithAFrameOfTheAllocatorKeepsItsHeapAndIsLeftAloneForAWhile() {
    startWaiting(5); // below a frame of this package
    assertThat(idleThreads.run(now, IDLE)).isEqualTo(Long.MAX_VALUE);
    now += IDLE;
    assertThat(idleThreads.run(now, IDLE)).isEqualTo(Long.MAX_VALUE);
    assertThat(idleThreads.taken()).isZero();
    final Heap heap = heaps.liveHeaps().get(0);
    assertThat(heap.threadVolatile()).isSameAs(threads.get(0));
    assertThat(heap.isToBeLeftAlone(now + 4 * IDLE - 1)).isTrue();
    assertThat(heap.isToBeLeftAlone(now + 4 * IDLE)).isFalse();
  }

  @Test
  void aThreadThatIsIdleElsewhereLosesItsHeapToTheNext() throws Exception {
    final ExecutorService other = Executors.newSingleThreadExecutor();
    try {
      other.submit(this::allocateEnough).get();
      final Heap heap = heaps.liveHeaps().get(0);
      idleThreads.run(now, IDLE);
      now += IDLE;
      assertThat(idleThreads.run(now, IDLE)).isEqualTo(Long.MAX_VALUE);
      assertThat(idleThreads.taken()).isEqualTo(1);
      assertThat(heaps.liveHeaps()).isEmpty();
      allocateEnough();
      assertThat(heaps.liveHeaps()).containsExactly(heap);
      other.submit(this::allocateEnough).get();
      assertThat(heaps.liveHeaps()).hasSize(2);
      final Heap another = heaps.liveHeaps().get(1);
      assertThat(idleThreads.takeAway(another)).isTrue();
      assertThat(idleThreads.takeAway(another)).as("nobody's by now").isFalse();
    } finally {
      other.shutdown();
      assertThat(other.awaitTermination(20, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void onlySoManyThreadsAreStoppedInARow() {
    for (int i = 0; i < 6; i++) {
      startWaiting(0);
    }
    idleThreads.run(now, IDLE);
    now += IDLE - 1;
    idleThreads.run(now, IDLE);
    assertThat(leftAlone()).as("not idle for long enough").isZero();
    now += 1;
    assertThat(idleThreads.run(now, IDLE)).isEqualTo(PAUSE);
    assertThat(leftAlone()).isEqualTo(4);
    now += PAUSE - 1;
    assertThat(idleThreads.run(now, IDLE)).isEqualTo(PAUSE);
    assertThat(leftAlone()).isEqualTo(4);
    now += 1;
    assertThat(idleThreads.run(now, IDLE)).isEqualTo(PAUSE);
    assertThat(leftAlone()).isEqualTo(5);
    now += PAUSE;
    assertThat(idleThreads.run(now, IDLE)).isEqualTo(Long.MAX_VALUE);
    assertThat(leftAlone()).isEqualTo(6);
  }

  /** Threads that were looked at: each of these has a frame of the allocator. */
  private long leftAlone() {
    return heaps.liveHeaps().stream().filter(heap -> heap.isToBeLeftAlone(now + 1)).count();
  }

  @Test
  void theThreadThatAsksKeepsItsHeap() {
    allocateEnough();
    final Heap own = heaps.liveHeaps().get(0);
    assertThat(idleThreads.takeAway(own)).isFalse();
    assertThat(heaps.table().find(Thread.currentThread())).isSameAs(own);
    assertThat(own.threadVolatile()).isSameAs(Thread.currentThread());
  }

  @Test
  void aHeapThatHoldsNothingBackStays() {
    startWaiting(0);
    final Heap heap = heaps.liveHeaps().get(0);
    idleThreads.run(now, IDLE);
    while (heap.holdsBack()) {
      heap.allocate(SizeClasses.of(1_000));
    }
    now += 10 * IDLE;
    idleThreads.run(now, IDLE);
    now += 10 * IDLE;
    idleThreads.run(now, IDLE);
    assertThat(heap.isToBeLeftAlone(now + 1)).as("nobody looked").isFalse();
  }
}
