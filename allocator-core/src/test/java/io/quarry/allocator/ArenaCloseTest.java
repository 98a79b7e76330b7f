package io.quarry.allocator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.quarry.posix.NativeMemory;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Arenas that are closed while others use them. */
class ArenaCloseTest {
  private static final long MIB = 1L << 20;
  private static final int ROUNDS = Integer.getInteger("quarry.test.closes", 2_000);
  private static final int THREADS = 3;
  private static final long ARENA_BYTES = 4 * MIB;

  /** What the parent's blocks hold; a call that is too late writes something else. */
  private static final byte OURS = 0x5A;

  /** What the threads share in one round. */
  private static final class Round {
    final SlabAllocator arena;
    final AtomicBoolean closed = new AtomicBoolean();

    Round(final SlabAllocator arena) {
      this.arena = arena;
    }
  }

  /**
   * Several threads do everything that an allocator offers, but touch no block themselves, while
   * the arena is closed and its memory handed to blocks of the parent. Nobody else writes into
   * those; a call that began after close has returned gets no address; the books stay balanced.
   */
  @Test
  @Tag("long")
  void callsInFlightAreRefusedOrDoneBeforeTheEnd() throws Exception {
    final AtomicReference<Throwable> failure = new AtomicReference<>();
    final AtomicReference<Round> current = new AtomicReference<>();
    final AtomicBoolean ended = new AtomicBoolean();
    final AtomicLong calls = new AtomicLong();
    final AtomicLong refusals = new AtomicLong();
    try (SlabAllocator allocator =
        SlabAllocator.builder()
            .capacity(48 * MIB)
            .regionSize(16 * MIB)
            .idleTime(Duration.ofMillis(1))
            .build()) {
      final List<Thread> threads = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        final int seed = i;
        final Thread thread =
            new Thread(() -> use(current, ended, seed, calls, refusals, failure), "user-" + i);
        thread.start();
        threads.add(thread);
      }
      for (int round = 0; round < ROUNDS && failure.get() == null; round++) {
        final Round next = new Round(allocator.newArena(ARENA_BYTES));
        current.set(next);
        final long before = calls.get();
        while (calls.get() - before < 20 + round % 50 && failure.get() == null) {
          Thread.onSpinWait();
        }
        next.arena.close();
        next.closed.set(true);
        takeItsMemory(allocator, round);
        if (round % 16 == 0) {
          assertThat(allocator.stats().liveBlocks()).isZero();
        }
      }
      ended.set(true);
      for (final Thread thread : threads) {
        thread.join();
      }
      if (failure.get() != null) {
        throw new AssertionError(failure.get());
      }
      assertThat(allocator.stats().liveBlocks()).isZero();
      assertThat(allocator.stats().misuseCount()).isZero();
    }
    System.out.printf(
        "%d arenas closed under load: %d calls, %d refused%n", ROUNDS, calls.get(), refusals.get());
    assertThat(refusals.get()).isPositive();
  }

  /** Blocks of the parent over all that the arena had, and a look whether they stay as they are. */
  private static void takeItsMemory(final SlabAllocator allocator, final int round) {
    final List<Long> blocks = new ArrayList<>();
    final int size = round % 2 == 0 ? 1 << 20 : 60_000;
    final int count = (int) (ARENA_BYTES / size);
    for (int i = 0; i < count; i++) {
      final long block = allocator.malloc(size);
      NativeMemory.fill(block, size, OURS);
      blocks.add(block);
    }
    for (final long block : blocks) {
      final ByteBuffer bytes = NativeMemory.byteBuffer(block, size);
      for (int at = 0; at < size; at += 64) {
        if (bytes.get(at) != OURS) {
          throw new AssertionError(
              String.format("0x%x + %d was written: %d", block, at, bytes.get(at)));
        }
      }
      allocator.free(block);
    }
  }

  private static void use(
      final AtomicReference<Round> current,
      final AtomicBoolean ended,
      final int seed,
      final AtomicLong calls,
      final AtomicLong refusals,
      final AtomicReference<Throwable> failure) {
    try {
      long random = seed + 1;
      Round round = null;
      long[] held = new long[64];
      while (!ended.get() && failure.get() == null) {
        if (round != current.get()) {
          round = current.get();
          held = new long[64];
        }
        if (round == null) {
          continue;
        }
        random = random * 6_364_136_223_846_793_005L + 1_442_695_040_888_963_407L;
        final int slot = (int) (random >>> 33) & 63;
        final boolean closedBefore = round.closed.get();
        calls.incrementAndGet();
        try {
          held[slot] = call(round.arena, held[slot], (int) (random >>> 40) & 0xFFFF);
          if (closedBefore) {
            throw new AssertionError("a call after close went through");
          }
        } catch (final IllegalStateException closed) {
          refusals.incrementAndGet();
          awaitNext(current, round, ended);
        } catch (final OffHeapExhaustedException full) {
          held[slot] = 0;
        }
      }
    } catch (final Throwable thrown) {
      failure.compareAndSet(null, thrown);
    }
  }

  /** A few more calls go to the closed one first, now and then. */
  private static void awaitNext(
      final AtomicReference<Round> current, final Round round, final AtomicBoolean ended) {
    for (int i = 0; i < 1_000 && current.get() == round && !ended.get(); i++) {
      Thread.yield();
    }
  }

  private static long call(final SlabAllocator arena, final long held, final int draw) {
    final long size = 1L << (draw & 15) + (draw >>> 4 & 7) | 1;
    if (held != 0 && (draw & 0x700) < 0x500) {
      if ((draw & 0x1000) != 0) {
        return arena.realloc(held, size);
      }
      arena.free(held);
      return 0;
    }
    if (held != 0) {
      arena.usableSize(held);
      return held;
    }
    return (draw & 0x1000) != 0 ? arena.calloc(1, size) : arena.malloc(size);
  }

  /** The thread that closes is not the one whose heap it is; its fast path must end, too. */
  @Test
  void theFastPathOfAnotherThreadEndsAsWell() throws Exception {
    try (SlabAllocator allocator = SlabAllocator.builder().capacity(16 * MIB).build()) {
      for (int round = 0; round < 200; round++) {
        final SlabAllocator arena = allocator.newArena(4 * MIB);
        final CyclicBarrier barrier = new CyclicBarrier(2);
        final AtomicReference<Throwable> failure = new AtomicReference<>();
        final Thread owner =
            new Thread(
                () -> {
                  try {
                    final long[] blocks = new long[300];
                    for (int i = 0; i < blocks.length; i++) {
                      blocks[i] = arena.malloc(32);
                    }
                    arena.free(blocks[0]);
                    barrier.await();
                    barrier.await();
                    for (int i = 1; i < blocks.length; i++) {
                      final long block = blocks[i];
                      assertThatIllegalStateException().isThrownBy(() -> arena.free(block));
                      assertThatIllegalStateException().isThrownBy(() -> arena.malloc(32));
                      assertThatIllegalStateException().isThrownBy(() -> arena.tryMalloc(32));
                    }
                  } catch (final Throwable thrown) {
                    failure.set(thrown);
                  }
                });
        owner.start();
        barrier.await();
        arena.close();
        barrier.await();
        owner.join();
        assertThat(failure.get()).isNull();
      }
    }
  }

  /** One, several and all at once, with their parent. */
  @Test
  @Tag("long")
  void manyMayCloseAtOnce() throws Exception {
    for (int round = 0; round < 200; round++) {
      final AtomicLong reports = new AtomicLong();
      final SlabAllocator allocator =
          SlabAllocator.builder()
              .capacity(16 * MIB)
              .closeListener(last -> reports.incrementAndGet())
              .build();
      final SlabAllocator arena = allocator.newArena(8 * MIB);
      final SlabAllocator inner = arena.newArena(8 * MIB);
      inner.calloc(10, 100_000);
      arena.malloc(100);
      final CyclicBarrier barrier = new CyclicBarrier(3);
      final List<Thread> threads = new ArrayList<>();
      final AtomicReference<Throwable> failure = new AtomicReference<>();
      for (final SlabAllocator each : List.of(allocator, arena, inner)) {
        final Thread thread =
            new Thread(
                () -> {
                  try {
                    barrier.await();
                    each.close();
                  } catch (final Throwable thrown) {
                    failure.set(thrown);
                  }
                });
        thread.start();
        threads.add(thread);
      }
      for (final Thread thread : threads) {
        thread.join();
      }
      assertThat(failure.get()).isNull();
      assertThat(reports.get()).isEqualTo(3);
    }
  }

  /** A whole allocator, whose memory is unmapped at once: what touches it then ends the JVM. */
  @Test
  @Tag("long")
  void aWholeAllocatorMayBeClosedWhileOthersUseIt() throws Exception {
    final AtomicLong refusals = new AtomicLong();
    for (int round = 0; round < 300; round++) {
      final SlabAllocator allocator = SlabAllocator.builder().capacity(16 * MIB).build();
      final AtomicReference<Round> current = new AtomicReference<>(new Round(allocator));
      final AtomicBoolean ended = new AtomicBoolean();
      final AtomicLong calls = new AtomicLong();
      final AtomicReference<Throwable> failure = new AtomicReference<>();
      final List<Thread> threads = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        final int seed = round * 2 + i;
        final Thread thread = new Thread(() -> use(current, ended, seed, calls, refusals, failure));
        thread.start();
        threads.add(thread);
      }
      while (calls.get() < 100 && failure.get() == null) {
        Thread.onSpinWait();
      }
      allocator.close();
      current.get().closed.set(true);
      ended.set(true);
      for (final Thread thread : threads) {
        thread.join();
      }
      assertThat(failure.get()).isNull();
    }
    assertThat(refusals.get()).isPositive();
  }

  /** A million blocks go with some hundred slabs. */
  @Test
  @Tag("long")
  void closingCostsTheSlabsAndNotTheBlocks() {
    try (SlabAllocator allocator = SlabAllocator.builder().capacity(512 * MIB).build()) {
      // The least of several: any other is longer for what else runs on the machine.
      long small = Long.MAX_VALUE;
      long large = Long.MAX_VALUE;
      for (int i = 0; i < 7; i++) {
        small = Math.min(small, nanosToClose(allocator, 1_000_000, 64));
        large = Math.min(large, nanosToClose(allocator, 1_000, 64_000));
      }
      System.out.printf(
          "close: 1,000,000 blocks of 64 B in %,d us, 1,000 of 64,000 B in %,d us%n",
          small / 1_000, large / 1_000);
      // As many slabs, a thousand times the blocks: freeing them one by one takes some 10 ms.
      assertThat(small).isLessThan(20 * Math.max(large, 100_000));
    }
  }

  private static long nanosToClose(
      final SlabAllocator allocator, final int blocks, final long size) {
    final SlabAllocator arena = allocator.newArena(256 * MIB);
    for (int i = 0; i < blocks; i++) {
      arena.malloc(size);
    }
    assertThat(arena.stats().liveBlocks()).isEqualTo(blocks);
    final long start = System.nanoTime();
    arena.close();
    return System.nanoTime() - start;
  }
}
