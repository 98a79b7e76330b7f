package io.quarry.allocator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quarry.allocator.MemoryPressure.Cause;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who hears of it when memory becomes scarce, when, and how often. */
@Timeout(60)
class PressureTest {
  private static final long MIB = 1L << 20;

  private final ManualClock clock = new ManualClock();
  private final List<MemoryPressure> heard = new ArrayList<>();

  private SlabAllocator.Builder builder() {
    return SlabAllocator.builder().capacity(64 * MIB).regionSize(64 * MIB).clock(clock);
  }

  // --- shares ------------------------------------------------------------------------------------

  @Test
  void aListenerHearsOnceOfAStormOfCrossings() {
    try (SlabAllocator allocator = builder().pressureListener(0.5, heard::add).build()) {
      final long most = allocator.malloc(31 * MIB);
      allocator.housekeep();
      assertThat(heard).isEmpty();
      for (int i = 0; i < 1_000; i++) {
        allocator.free(allocator.malloc(2 * MIB));
      }
      final long over = allocator.malloc(2 * MIB);
      allocator.housekeep();
      allocator.housekeep();
      assertThat(heard).hasSize(1);
      final MemoryPressure pressure = heard.get(0);
      assertThat(pressure.cause()).isEqualTo(Cause.SHARE_REACHED);
      assertThat(pressure.usedBytes()).isEqualTo(33 * MIB);
      assertThat(pressure.capacityBytes()).isEqualTo(64 * MIB);
      assertThat(pressure.thresholdBytes()).isEqualTo(32 * MIB);
      assertThat(pressure.excessBytes()).isEqualTo(MIB);
      allocator.free(over);
      allocator.free(most);
    }
  }

  @Test
  void itHearsAgainWhenItGoesOnRisingAndAnewWhenItHasFallen() {
    try (SlabAllocator allocator = builder().pressureListener(0.5, heard::add).build()) {
      final Deque<Long> blocks = new ArrayDeque<>();
      for (int i = 0; i < 16; i++) {
        blocks.push(allocator.malloc(2 * MIB));
      }
      allocator.housekeep();
      assertThat(heard).hasSize(1);
      blocks.push(allocator.malloc(2 * MIB));
      allocator.free(blocks.pop());
      allocator.free(blocks.pop()); // 30: still close to the mark
      blocks.push(allocator.malloc(2 * MIB));
      allocator.housekeep();
      assertThat(heard).as("went up and down around the mark").hasSize(1);
      for (int i = 0; i < 4; i++) {
        blocks.push(allocator.malloc(2 * MIB)); // 40: a quarter of the 32 that were left
      }
      allocator.housekeep();
      assertThat(heard).hasSize(2);
      while (blocks.size() > 12) {
        allocator.free(blocks.pop());
      }
      for (int i = 0; i < 4; i++) {
        blocks.push(allocator.malloc(2 * MIB));
      }
      allocator.housekeep();
      assertThat(heard).as("fell to 24 and rose again").hasSize(3);
    }
  }

  @Test
  void whatIsIdleIsNoPressure() {
    try (SlabAllocator allocator = builder().pressureListener(0.5, heard::add).build()) {
      final long block = allocator.malloc(40 * MIB);
      allocator.free(block);
      assertThat(allocator.stats().mappedBytes()).isEqualTo(40 * MIB);
      allocator.housekeep();
      assertThat(heard).isEmpty();
    }
  }

  @Test
  void severalListenersHaveSharesOfTheirOwn() {
    final List<MemoryPressure> early = new ArrayList<>();
    try (SlabAllocator allocator =
        builder()
            .pressureListener(0.25, early::add)
            .pressureListener(
                0.5,
                pressure -> {
                  throw new IllegalStateException("on purpose");
                })
            .pressureListener(1, heard::add)
            .build()) {
      allocator.malloc(20 * MIB);
      allocator.housekeep();
      assertThat(early).hasSize(1);
      assertThat(heard).isEmpty();
      allocator.malloc(44 * MIB);
      allocator.housekeep();
      assertThat(early).hasSize(2);
      assertThat(heard).as("though the one before it failed").hasSize(1);
      assertThat(heard.get(0).usedBytes()).isEqualTo(64 * MIB);
    }
  }

  @Test
  void listenersComeAndGo() {
    try (SlabAllocator allocator = builder().build()) {
      allocator.malloc(40 * MIB);
      final PressureListener listener = heard::add;
      allocator.addPressureListener(0.5, listener);
      allocator.housekeep();
      assertThat(heard).as("its share was reached before it came").hasSize(1);
      allocator.removePressureListener(listener);
      assertThat(allocator.tryMalloc(40 * MIB)).isZero();
      allocator.housekeep();
      assertThat(heard).hasSize(1);
    }
  }

  @Test
  void anArenaHasListenersForItsOwnLimit() {
    try (SlabAllocator allocator = builder().pressureListener(0.9, heard::add).build()) {
      final List<MemoryPressure> ofArena = new ArrayList<>();
      final SlabAllocator arena = allocator.newArena(8 * MIB);
      arena.addPressureListener(0.5, ofArena::add);
      arena.malloc(5 * MIB);
      arena.housekeep();
      allocator.housekeep();
      assertThat(ofArena).extracting(MemoryPressure::capacityBytes).containsExactly(8 * MIB);
      assertThat(heard).isEmpty();
      allocator.malloc(55 * MIB);
      allocator.housekeep();
      assertThat(heard).hasSize(1);
      assertThat(arena.tryMalloc(5 * MIB)).isZero();
      arena.housekeep();
      assertThat(ofArena).extracting(MemoryPressure::cause).endsWith(Cause.REQUEST_REFUSED);
    }
  }

  @Test
  void refusesSharesThatAreNone() {
    for (final double share : new double[] {-1, 0, 1.01, Double.NaN, Double.POSITIVE_INFINITY}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> SlabAllocator.builder().pressureListener(share, heard::add))
          .withMessageContaining(String.valueOf(share));
    }
  }

  // --- before malloc throws ----------------------------------------------------------------------

  /** On the maintenance thread, and before: the request waits, and is served with what is freed. */
  @Test
  void mallocDoesNotThrowWhileAListenerHasSomethingToFree() {
    final Deque<Long> values = new ConcurrentLinkedDeque<>();
    final AtomicReference<SlabAllocator> made = new AtomicReference<>();
    final AtomicInteger calls = new AtomicInteger();
    final AtomicReference<Thread> caller = new AtomicReference<>();
    try (SlabAllocator allocator =
        SlabAllocator.builder()
            .capacity(16 * MIB)
            .pressureListener(
                1,
                pressure -> {
                  calls.incrementAndGet();
                  caller.set(Thread.currentThread());
                  for (int i = 0; i < 4 && !values.isEmpty(); i++) {
                    made.get().free(values.poll());
                  }
                })
            .build()) {
      made.set(allocator);
      for (int i = 0; i < 200; i++) {
        values.add(allocator.malloc(MIB + 1)); // of 17 granules, so 15 fit
      }
      assertThat(calls.get()).isPositive();
      assertThat(caller.get().getName()).isEqualTo("quarry-maintenance");
      allocator.removePressureListener(pressure -> {});
    }
  }

  @Test
  void aRequestThatCannotBeHelpedIsRefusedSoon() {
    final AtomicInteger calls = new AtomicInteger();
    try (SlabAllocator allocator =
        SlabAllocator.builder()
            .capacity(16 * MIB)
            .pressureListener(0.9, pressure -> calls.incrementAndGet())
            .build()) {
      allocator.malloc(10 * MIB);
      final long start = System.nanoTime();
      assertThatThrownBy(() -> allocator.malloc(10 * MIB))
          .isInstanceOf(OffHeapExhaustedException.class);
      assertThat(calls.get()).as("heard of it before").isPositive();
      assertThat(System.nanoTime() - start).isLessThan(TimeUnit.SECONDS.toNanos(5));
    }
  }

  /** The caller holds what the listener wants: it gets its exception, and goes on. */
  @Test
  @Tag("long")
  void aListenerThatWaitsForTheCallerDoesNotHangIt() {
    final Object lock = new Object();
    final AtomicBoolean entered = new AtomicBoolean();
    try (SlabAllocator allocator =
        SlabAllocator.builder()
            .capacity(16 * MIB)
            .pressureListener(
                1,
                pressure -> {
                  synchronized (lock) {
                    entered.set(true);
                  }
                })
            .build()) {
      synchronized (lock) {
        final long block = allocator.malloc(10 * MIB);
        assertThatThrownBy(() -> allocator.malloc(10 * MIB))
            .isInstanceOf(OffHeapExhaustedException.class);
        assertThat(entered).isFalse();
        allocator.free(block);
      }
    }
  }

  @Test
  void aListenerMayDoEverythingAndClose() throws InterruptedException {
    final AtomicReference<SlabAllocator> made = new AtomicReference<>();
    final AtomicReference<Throwable> failure = new AtomicReference<>();
    final CountDownLatch done = new CountDownLatch(1);
    final SlabAllocator allocator =
        SlabAllocator.builder()
            .capacity(16 * MIB)
            .pressureListener(
                0.5,
                pressure -> {
                  try {
                    final SlabAllocator its = made.get();
                    its.free(its.malloc(100));
                    assertThatThrownBy(() -> its.malloc(16 * MIB))
                        .isInstanceOf(OffHeapExhaustedException.class);
                    its.trim();
                    its.compact((from, to, size) -> false);
                    its.newArena(MIB).malloc(1);
                    its.stats();
                    its.close();
                  } catch (final Throwable thrown) {
                    failure.set(thrown);
                  } finally {
                    done.countDown();
                  }
                })
            .build();
    made.set(allocator);
    allocator.malloc(9 * MIB);
    assertThat(done.await(20, TimeUnit.SECONDS)).isTrue();
    assertThat(failure.get()).isNull();
    assertThatThrownBy(() -> allocator.malloc(1)).isInstanceOf(IllegalStateException.class);
  }

  // --- the soft limit ----------------------------------------------------------------------------

  @Test
  void aboveTheSoftLimitWhatIsIdleIsReturnedAndNobodyIsAsked() {
    try (SlabAllocator allocator =
        builder()
            .softLimit(16 * MIB)
            .idleTime(Duration.ofHours(1))
            .pressureListener(1, heard::add)
            .build()) {
      final long kept = allocator.malloc(2 * MIB);
      allocator.free(allocator.malloc(20 * MIB));
      assertThat(allocator.stats().mappedBytes()).isGreaterThan(16 * MIB);
      clock.advance(Duration.ofSeconds(1));
      allocator.housekeep();
      assertThat(allocator.stats().mappedBytes()).isEqualTo(2 * MIB);
      assertThat(heard).isEmpty();
      allocator.free(kept);
    }
  }

  @Test
  void aboveTheSoftLimitBlocksAreMovedBeforeAnybodyIsAsked() {
    final List<Long> kept = new ArrayList<>();
    try (SlabAllocator allocator =
        builder()
            .softLimit(4 * MIB)
            .idleTime(Duration.ofHours(1))
            .relocator(
                (oldAddress, newAddress, size) -> {
                  final int index = kept.indexOf(oldAddress);
                  if (index >= 0) {
                    kept.set(index, newAddress);
                  }
                  return index >= 0;
                })
            .pressureListener(1, heard::add)
            .build()) {
      sparse(allocator, kept);
      assertThat(allocator.stats().mappedBytes()).isGreaterThan(7 * MIB);
      for (int i = 0; i < 10 && allocator.stats().mappedBytes() > 4 * MIB; i++) {
        clock.advance(Duration.ofSeconds(1));
        allocator.housekeep();
      }
      assertThat(allocator.stats().mappedBytes()).isLessThan(4 * MIB);
      assertThat(heard).isEmpty();
    }
  }

  @Test
  void theListenersHearWhenTheSoftLimitCannotBeKept() {
    try (SlabAllocator allocator =
        builder().softLimit(4 * MIB).pressureListener(1, heard::add).build()) {
      sparse(allocator, new ArrayList<>());
      clock.advance(Duration.ofSeconds(1));
      allocator.housekeep();
      allocator.housekeep();
      assertThat(heard).hasSize(1);
      assertThat(heard.get(0).cause()).isEqualTo(Cause.SOFT_LIMIT_EXCEEDED);
      assertThat(heard.get(0).thresholdBytes()).isEqualTo(4 * MIB);
      assertThat(heard.get(0).excessBytes()).isBetween(3 * MIB, 6 * MIB);
    }
  }

  /** Eight MiB of slabs, of which an eighth is live. */
  private static void sparse(final SlabAllocator allocator, final List<Long> kept) {
    final List<Long> blocks = new ArrayList<>();
    for (int i = 0; i < 8_000; i++) {
      blocks.add(allocator.malloc(1_000));
    }
    for (int i = 0; i < blocks.size(); i++) {
      if (i % 8 == 0) {
        kept.add(blocks.get(i));
      } else {
        allocator.free(blocks.get(i));
      }
    }
  }

  @Test
  void refusesSoftLimitsThatAreNone() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SlabAllocator.builder().softLimit(65_535))
        .withMessageContaining("65535");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder().softLimit(64 * MIB).build())
        .withMessageContaining("less than the capacity");
  }
}
