package io.quarry.allocator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quarry.slab.SizeClasses;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Compaction by hand: what moves, what stays, and what holds when the relocator says no. */
class CompactionTest {
  private static final long MIB = 1L << 20;
  private static final Duration NO_LIMIT = Duration.ofDays(1);

  private final ManualClock clock = new ManualClock();
  private SlabAllocator allocator = allocator(256 * MIB);

  private SlabAllocator allocator(final long capacity) {
    return SlabAllocator.builder().capacity(capacity).clock(clock).build();
  }

  @AfterEach
  void close() {
    allocator.close();
  }

  private MovableBlocks filled(final long bytes, final long size) {
    final MovableBlocks blocks = new MovableBlocks(allocator, (int) (bytes / size));
    for (int i = 0; i < bytes / size; i++) {
      assertThat(blocks.allocate(i, size)).isTrue();
    }
    return blocks;
  }

  @ParameterizedTest
  @Tag("long")
  @ValueSource(longs = {16, 100, 250, 1_000, 8_192, 24_576, 40_000, 262_144, 1 << 20})
  void sparseSlabsAreEmptiedAndNoBlockIsHarmed(final long size) {
    final MovableBlocks blocks = filled(48 * MIB, size);
    blocks.freeShare(0.8, size);
    final AllocatorStats before = allocator.stats();

    final CompactionResult result = allocator.compact(blocks);
    allocator.trim();

    final AllocatorStats after = allocator.stats();
    blocks.verify();
    assertThat(result.outcome()).isEqualTo(CompactionResult.Outcome.COMPLETE);
    assertThat(result.slabsFreed()).isPositive();
    assertThat(result.bytesFreed()).isGreaterThan(result.slabsFreed() * 65_535);
    assertThat(result.blocksRefused()).isZero();
    assertThat(result.batches()).isPositive().isEqualTo(blocks.awaits);
    assertThat(result.blocksMoved()).isEqualTo(blocks.relocations);
    assertThat(result.bytesMoved())
        .isEqualTo(result.blocksMoved() * SizeClasses.bytes(SizeClasses.of((int) size)));
    assertThat(after.liveBytes()).isEqualTo(before.liveBytes());
    assertThat(after.mallocCount()).isEqualTo(before.mallocCount());
    assertThat(after.freeCount()).isEqualTo(before.freeCount());
    // A slab at most that is not full, and one from which this thread allocates again.
    assertThat(after.mappedBytes()).isLessThan(after.liveBytes() * 104 / 100 + 2 * 4 * MIB);
    blocks.freeAll();
    allocator.trim();
    assertThat(allocator.stats().mappedBytes()).isZero();
    assertThat(allocator.stats().misuseCount()).isZero();
  }

  @Test
  void mixedSizesOfSeveralThreadsAreCompacted() throws InterruptedException {
    final int perThread = 40_000;
    final MovableBlocks[] tables = new MovableBlocks[3];
    final List<Thread> threads = new ArrayList<>();
    for (int t = 0; t < tables.length; t++) {
      final MovableBlocks table = new MovableBlocks(allocator, perThread);
      tables[t] = table;
      final SplittableRandom random = new SplittableRandom(t);
      threads.add(
          new Thread(
              () -> {
                for (int i = 0; i < perThread; i++) {
                  table.allocate(i, 16 + random.nextInt(1_500));
                }
              }));
    }
    threads.forEach(Thread::start);
    for (final Thread thread : threads) {
      thread.join();
    }
    for (final MovableBlocks table : tables) {
      table.freeShare(0.9, 5);
    }

    // Each knows its own blocks only: the others' are refused, and one that says yes moves them.
    for (final MovableBlocks table : tables) {
      allocator.compact(table);
      clock.advance(Duration.ofSeconds(11));
    }
    allocator.compact(
        (from, to, size) -> {
          for (final MovableBlocks table : tables) {
            if (table.relocate(from, to, size)) {
              return true;
            }
          }
          return false;
        });
    allocator.trim();

    for (final MovableBlocks table : tables) {
      table.verify();
    }
    // 88 classes of up to 1.5 KB: one partly filled slab each.
    assertThat(allocator.stats().mappedBytes())
        .isLessThan(allocator.stats().liveBytes() * 105 / 100 + 40 * 65_536);
  }

  @Test
  void whatTheRelocatorRefusesStaysAndIsLeftAloneForAWhile() {
    final MovableBlocks blocks = filled(8 * MIB, 500);
    blocks.freeShare(0.8, 1);
    final AllocatorStats before = allocator.stats();

    final CompactionResult refused = allocator.compact((from, to, size) -> false);

    assertThat(refused.blocksRefused()).isPositive();
    assertThat(refused.blocksMoved()).isZero();
    assertThat(refused.batches()).isZero();
    assertThat(refused.slabsFreed()).isZero();
    assertThat(allocator.stats().liveBytes()).isEqualTo(before.liveBytes());
    blocks.verify();
    assertThat(allocator.compact(blocks).blocksMoved()).isZero();

    clock.advance(Duration.ofSeconds(11));
    assertThat(allocator.compact(blocks).slabsFreed()).isPositive();
    blocks.verify();
  }

  @Test
  void aSlabIsEmptiedOfAllButWhatIsRefused() {
    final MovableBlocks blocks = filled(MIB, 1_000);
    blocks.freeShare(0.5, 1);
    final int stubborn = blocks.live().get(7);
    final long itsAddress = blocks.address(stubborn);

    allocator.compact((from, to, size) -> from != itsAddress && blocks.relocate(from, to, size));

    assertThat(blocks.address(stubborn)).isEqualTo(itsAddress);
    blocks.verify();
    blocks.freeAll();
    allocator.trim();
    assertThat(allocator.stats().mappedBytes()).isZero();
  }

  @Test
  void anExceptionOfTheRelocatorEndsItAndHarmsNothing() {
    final MovableBlocks blocks = filled(8 * MIB, 300);
    blocks.freeShare(0.8, 1);
    final long liveBytes = allocator.stats().liveBytes();
    final int[] calls = new int[1];

    assertThatThrownBy(
            () ->
                allocator.compact(
                    (from, to, size) -> {
                      if (++calls[0] == 1_000) {
                        throw new IllegalMonitorStateException("mine");
                      }
                      return blocks.relocate(from, to, size);
                    }))
        .isInstanceOf(IllegalMonitorStateException.class)
        .hasMessage("mine");

    assertThat(calls[0]).isEqualTo(1_000);
    blocks.verify();
    assertThat(allocator.stats().liveBytes()).isEqualTo(liveBytes);
    clock.advance(Duration.ofSeconds(11));
    assertThat(allocator.compact(blocks).slabsFreed()).isPositive();
    blocks.verify();
    blocks.freeAll();
    allocator.trim();
    assertThat(allocator.stats().mappedBytes()).isZero();
  }

  @Test
  void blocksWhoseReadersCouldNotBeAwaitedStayUntilTheyAre() {
    final MovableBlocks blocks =
        new MovableBlocks(allocator, 20_000) {
          @Override
          public void awaitReaders() {
            if (awaits++ == 0) {
              throw new IllegalMonitorStateException("still reading");
            }
          }
        };
    for (int i = 0; i < 20_000; i++) {
      blocks.allocate(i, 400);
    }
    blocks.freeShare(0.8, 1);
    final long liveBytes = allocator.stats().liveBytes();

    assertThatThrownBy(() -> allocator.compact(blocks)).hasMessage("still reading");

    // Twice: at the old addresses, which may be read still, and at the new ones.
    assertThat(allocator.stats().liveBytes()).isGreaterThan(liveBytes);
    blocks.verify();

    allocator.compact(blocks);
    assertThat(allocator.stats().liveBytes()).isEqualTo(liveBytes);
    blocks.verify();
    blocks.freeAll();
    allocator.trim();
    assertThat(allocator.stats().mappedBytes()).isZero();
  }

  @ParameterizedTest
  @Tag("long")
  @ValueSource(longs = {48, 700, 5_000, 30_000, 200_000})
  void itRunsAtTheCapacityLimit(final long size) {
    allocator.close();
    allocator = allocator(64 * MIB);
    final MovableBlocks blocks = new MovableBlocks(allocator, (int) (64 * MIB / size) + 1);
    int count = 0;
    while (blocks.allocate(count, size)) {
      count++;
    }
    blocks.freeShare(0.7, size);
    int before = 0;
    final MovableBlocks others = new MovableBlocks(allocator, 20_000);
    while (others.allocate(before, 12_000)) {
      before++;
    }

    final CompactionResult result = allocator.compact(blocks);

    assertThat(result.bytesFreed()).isPositive();
    assertThat(allocator.stats().mappedBytes()).isLessThanOrEqualTo(64 * MIB);
    int after = before;
    while (others.allocate(after, 12_000)) {
      after++;
    }
    assertThat(after - before).as("blocks of 12,000 bytes more").isGreaterThan(500);
    blocks.verify();
    others.verify();
  }

  @Test
  void theBudgetOfBytesIsKept() {
    final MovableBlocks blocks = filled(16 * MIB, 1_000);
    blocks.freeShare(0.7, 1);

    final CompactionResult slice = allocator.compact(blocks, MIB, NO_LIMIT);

    assertThat(slice.bytesMoved()).isBetween(MIB, MIB + (64 << 10));
    assertThat(slice.outcome()).isEqualTo(CompactionResult.Outcome.BUDGET_SPENT);
    blocks.verify();
    int slices = 1;
    while (allocator.compact(blocks, MIB, NO_LIMIT).outcome()
        == CompactionResult.Outcome.BUDGET_SPENT) {
      slices++;
    }
    assertThat(slices).isBetween(3, 20);
    allocator.trim();
    blocks.verify();
    assertThat(allocator.stats().mappedBytes())
        .isLessThan(allocator.stats().liveBytes() * 105 / 100 + MIB);
  }

  @Test
  void theBudgetOfTimeIsKept() {
    final MovableBlocks blocks = filled(16 * MIB, 1_000);
    blocks.freeShare(0.7, 1);

    final CompactionResult slice =
        allocator.compact(
            (from, to, size) -> {
              clock.advance(Duration.ofMillis(1));
              return blocks.relocate(from, to, size);
            },
            Long.MAX_VALUE,
            Duration.ofMillis(500));

    assertThat(slice.blocksMoved()).isBetween(500L, 540L);
    assertThat(slice.outcome()).isEqualTo(CompactionResult.Outcome.BUDGET_SPENT);
    blocks.verify();
  }

  @Test
  void aFreeOfTheOldAddressIsFound() {
    final MovableBlocks blocks = filled(MIB, 1_000);
    blocks.freeShare(0.8, 1);
    final List<Long> oldAddresses = new ArrayList<>();

    allocator.compact(
        (from, to, size) -> {
          if (!blocks.relocate(from, to, size)) {
            return false;
          }
          oldAddresses.add(from);
          if (oldAddresses.size() == 1) {
            allocator.free(
                from); // a double free, as Relocator says; it is found at the latest when
          } // the compaction itself frees the block
          return true;
        });

    assertThat(allocator.stats().misuseCount()).isEqualTo(1);
    assertThatThrownBy(() -> allocator.free(oldAddresses.get(1)))
        .isInstanceOfSatisfying(
            InvalidAddressException.class,
            e -> assertThat(e.reason()).isEqualTo(InvalidAddressException.Reason.DOUBLE_FREE));
    blocks.verify();
  }

  @Test
  void aCallbackMayAllocateAndFree() {
    final MovableBlocks blocks = filled(4 * MIB, 1_000);
    blocks.freeShare(0.7, 1);
    final List<Long> allocated = new ArrayList<>();

    allocator.compact(
        (from, to, size) -> {
          allocated.add(allocator.malloc(1_000));
          if (allocated.size() % 3 == 0) {
            allocator.free(allocated.remove(0));
          }
          return blocks.relocate(from, to, size);
        });

    blocks.verify();
    allocated.forEach(allocator::free);
    blocks.freeAll();
    allocator.trim();
    assertThat(allocator.stats().mappedBytes()).isZero();
  }

  @Test
  void aCallbackMayNeitherCompactNorClose() {
    final MovableBlocks blocks = filled(MIB, 1_000);
    blocks.freeShare(0.7, 1);

    assertThatIllegalStateException()
        .isThrownBy(
            () ->
                allocator.compact(
                    (from, to, size) -> {
                      allocator.close();
                      return true;
                    }))
        .withMessageContaining("close was called from within a callback");
    clock.advance(Duration.ofSeconds(11));
    assertThatIllegalStateException()
        .isThrownBy(() -> allocator.compact((from, to, size) -> allocator.compact(blocks) != null))
        .withMessageContaining("compact was called from within a callback");

    blocks.verify();
    blocks.freeAll();
  }

  @Test
  void holesInCompactedSlabsAreAllocatedFromBeforeNewSlabs() {
    final MovableBlocks blocks = filled(16 * MIB, 1_000);
    blocks.freeShare(0.5, 1);
    allocator.compact(blocks);
    allocator.trim();
    final long mapped = allocator.stats().mappedBytes();
    final int before = blocks.live().size();
    blocks.freeShare(0.4, 2);

    final MovableBlocks more = new MovableBlocks(allocator, before);
    for (int i = 0; i < before * 0.39; i++) {
      more.allocate(i, 1_000);
    }

    assertThat(allocator.stats().mappedBytes()).isLessThanOrEqualTo(mapped + 2 * 65_536);
    blocks.verify();
    more.verify();
    blocks.freeAll();
    more.freeAll();
    allocator.trim();
    assertThat(allocator.stats().mappedBytes()).isZero();
  }

  @Test
  void nothingMovesWhereNothingIsToBeGained() {
    final MovableBlocks blocks = filled(4 * MIB, 1_000);

    final CompactionResult full = allocator.compact(blocks);
    final CompactionResult again = allocator.compact(blocks);

    assertThat(full.blocksMoved()).isLessThan(70); // the last slab, which was not full
    assertThat(again.blocksMoved()).isZero();
    assertThat(again.outcome()).isEqualTo(CompactionResult.Outcome.COMPLETE);
  }

  @Test
  void badInputIsRefused() {
    final MovableBlocks blocks = new MovableBlocks(allocator, 1);
    assertThatThrownBy(() -> allocator.compact(null))
        .isInstanceOf(NullPointerException.class)
        .hasMessageContaining("relocator");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> allocator.compact(blocks, -1, NO_LIMIT))
        .withMessageContaining("-1");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> allocator.compact(blocks, 1, Duration.ofNanos(-1)));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SlabAllocator.builder().targetUtilisation(1.0))
        .withMessageContaining("between 0 and 1");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SlabAllocator.builder().targetUtilisation(Double.NaN));
    allocator.close();
    assertThatIllegalStateException().isThrownBy(() -> allocator.compact(blocks));
  }
}
