package io.quarry.allocator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.quarry.allocator.OffHeapExhaustedException.Reason;
import io.quarry.posix.CountingPosix;
import io.quarry.posix.NativeMemory;
import io.quarry.posix.Posix;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Arenas: their limits, their books, and whose is what. */
class ArenaTest {
  private static final long MIB = 1L << 20;

  private final CountingPosix posix = new CountingPosix(Posix.host());
  private final List<AllocatorStats> closed = new ArrayList<>();
  private final ManualClock clock = new ManualClock();
  private final SlabAllocator allocator =
      SlabAllocator.builder()
          .capacity(64 * MIB)
          .regionSize(16 * MIB)
          .idleTime(Duration.ofSeconds(1))
          .closeListener(closed::add)
          .posix(posix)
          .clock(clock)
          .build();

  @AfterEach
  void nothingIsLeft() {
    allocator.close();
    assertThat(posix.mappedRanges()).isEmpty();
  }

  // --- books -------------------------------------------------------------------------------------

  @Test
  void whatAnArenaHoldsCountsInTheParentAsWell() {
    final SlabAllocator arena = allocator.newArena(32 * MIB);
    final SlabAllocator inner = arena.newArena(16 * MIB);
    final long mine = allocator.malloc(100);
    final long its = arena.malloc(1_000);
    final long innermost = inner.malloc(3 * MIB);
    assertThat(inner.stats().liveBlocks()).isOne();
    assertThat(arena.stats().liveBlocks()).isEqualTo(2);
    assertThat(allocator.stats().liveBlocks()).isEqualTo(3);
    for (final SlabAllocator each : List.of(allocator, arena, inner)) {
      assertBalanced(each.stats());
    }
    assertThat(inner.stats().mappedBytes()).isEqualTo(3 * MIB);
    assertThat(arena.stats().mappedBytes()).isGreaterThan(3 * MIB);
    assertThat(arena.stats().idleBytes()).isZero();
    assertThat(arena.stats().capacityBytes()).isEqualTo(32 * MIB);
    inner.free(innermost);
    assertThat(inner.stats().mappedBytes()).isZero();
    assertThat(inner.stats().unmappedBytes()).as("given to the parent").isEqualTo(3 * MIB);
    assertThat(allocator.stats().idleBytes()).isEqualTo(3 * MIB);
    arena.free(its);
    allocator.free(mine);
    assertThat(allocator.stats().liveBlocks()).isZero();
    assertThat(allocator.stats().mallocCount()).isEqualTo(3);
    assertThat(allocator.stats().freeCount()).isEqualTo(3);
  }

  private static void assertBalanced(final AllocatorStats stats) {
    assertThat(stats.mappedBytes())
        .isEqualTo(
            stats.liveBytes() + stats.freeBlockBytes() + stats.tailBytes() + stats.idleBytes());
    assertThat(stats.mappedBytes()).isLessThanOrEqualTo(stats.capacityBytes());
  }

  @Test
  void aLargeBlockOfAnArenaGrowsAndMovesWithinItsLimit() {
    final SlabAllocator arena = allocator.newArena(24 * MIB);
    long block = arena.malloc(2 * MIB);
    NativeMemory.fill(block, 2 * MIB, (byte) 7);
    final long obstacle = allocator.malloc(2 * MIB);
    for (long size = 3 * MIB; size <= 12 * MIB; size += MIB) {
      block = arena.realloc(block, size);
      assertThat(arena.stats().mappedBytes()).isEqualTo(size);
      assertThat(arena.stats().liveBytes()).isEqualTo(size);
      assertBalanced(allocator.stats());
    }
    assertThat(NativeMemory.byteBuffer(block, (int) (2 * MIB)).get((int) (2 * MIB) - 1))
        .isEqualTo((byte) 7);
    final long kept = block;
    assertThatThrownBy(() -> arena.realloc(kept, 25 * MIB))
        .isInstanceOf(OffHeapExhaustedException.class);
    assertThat(arena.stats().liveBytes()).isEqualTo(12 * MIB);
    block = arena.realloc(block, 2 * MIB);
    assertThat(arena.stats().mappedBytes()).isEqualTo(2 * MIB);
    assertThat(posix.count("mremap")).isPositive();
    arena.free(block);
    allocator.free(obstacle);
    assertThat(arena.stats().mappedBytes()).isZero();
  }

  // --- limits ------------------------------------------------------------------------------------

  @Test
  void limitsSayWhoseTheyAre() {
    final SlabAllocator arena = allocator.newArena(32 * MIB);
    final SlabAllocator inner = arena.newArena(32 * MIB);
    final long most = arena.malloc(20 * MIB);
    assertThat(reasonOf(() -> arena.malloc(13 * MIB))).isEqualTo(Reason.LIMIT);
    assertThat(reasonOf(() -> inner.malloc(13 * MIB))).isEqualTo(Reason.PARENT_LIMIT);
    assertThat(reasonOf(() -> inner.malloc(33 * MIB))).isEqualTo(Reason.TOO_LARGE);
    assertThat(inner.tryMalloc(13 * MIB)).isEqualTo(Allocator.NULL);
    inner.free(inner.malloc(12 * MIB));
    final long parents = allocator.malloc(40 * MIB);
    assertThat(reasonOf(() -> arena.malloc(5 * MIB))).isEqualTo(Reason.PARENT_LIMIT);
    assertThat(reasonOf(() -> allocator.malloc(5 * MIB))).isEqualTo(Reason.LIMIT);
    final OffHeapExhaustedException refused =
        catchThrowableOfType(OffHeapExhaustedException.class, () -> arena.malloc(5 * MIB));
    assertThat(refused).hasMessageContaining("the allocator that this arena is part of");
    assertThat(refused.stats().capacityBytes()).isEqualTo(32 * MIB);
    arena.free(most);
    allocator.free(parents);
  }

  private static Reason reasonOf(final Runnable request) {
    return catchThrowableOfType(OffHeapExhaustedException.class, request::run).reason();
  }

  @Test
  void anArenaUsesTheIdleMemoryOfItsParent() {
    final long block = allocator.malloc(60 * MIB);
    allocator.free(block);
    assertThat(allocator.stats().idleBytes()).isEqualTo(60 * MIB);
    final SlabAllocator arena = allocator.newArena(64 * MIB);
    assertThat(arena.malloc(50 * MIB)).isEqualTo(block);
    assertThat(allocator.stats().idleBytes()).isEqualTo(10 * MIB);
    assertThat(posix.count("mmap")).as("one region of its own").isLessThanOrEqualTo(2);
  }

  @Test
  void whatAnArenaHoldsBackInCaseItIsNeededServesOthersBeforeTheyGoWithout() {
    final SlabAllocator arena = allocator.newArena(16 * MIB);
    for (int size = 16; size <= 1 << 20; size *= 2) {
      arena.free(arena.malloc(size));
    }
    assertThat(arena.stats().freeBlockBytes()).as("current slabs, empty").isPositive();
    assertThat(allocator.malloc(64 * MIB)).isNotEqualTo(Allocator.NULL);
    assertThat(arena.stats().mappedBytes()).isZero();
  }

  @Test
  void anArenaAtItsLimitRetiresItsOwnEmptySlabsFirst() {
    final SlabAllocator arena = allocator.newArena(2 * MIB);
    arena.free(arena.malloc(400_000));
    final long held = arena.stats().mappedBytes();
    assertThat(held).as("a slab of four such blocks").isGreaterThan(MIB);
    final long other = arena.malloc(MIB + 1);
    assertThat(arena.stats().mappedBytes()).isEqualTo(MIB + 65_536);
    arena.free(other);
  }

  @Test
  void refusesALimitThatIsNone() {
    for (final long limit : new long[] {Long.MIN_VALUE, -1, 0, 65_535, 64 * MIB + 1}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> allocator.newArena(limit))
          .withMessageContaining("limit " + limit)
          .withMessageContaining("67108864");
    }
    assertThat(allocator.newArena(65_536 + 1).stats().capacityBytes()).isEqualTo(65_536);
  }

  // --- whose is it -------------------------------------------------------------------------------

  @Test
  void anAddressIsForeignToEverybodyButWhoIssuedIt() {
    final SlabAllocator arena = allocator.newArena(8 * MIB);
    final SlabAllocator sibling = allocator.newArena(8 * MIB);
    final SlabAllocator inner = arena.newArena(8 * MIB);
    for (final long size : new long[] {100, 100_000, 2 * MIB}) {
      final long mine = allocator.malloc(size);
      final long its = arena.malloc(size);
      assertForeign(allocator, its, "one of an arena of it: pass it to the arena");
      assertForeign(arena, mine, "one of the allocator that this arena is part of");
      assertForeign(inner, mine, "one of the allocator that this arena is part of");
      assertForeign(inner, its, "one of the allocator that this arena is part of");
      assertForeign(sibling, its, "one of another arena of the same allocator");
      try (SlabAllocator stranger = SlabAllocator.builder().capacity(MIB).build()) {
        assertForeign(stranger, its, "one of another allocator");
      }
      arena.free(its, size);
      allocator.free(mine, size);
    }
  }

  private static void assertForeign(
      final SlabAllocator asked, final long address, final String whose) {
    final List<Runnable> calls =
        List.of(
            () -> asked.free(address),
            () -> asked.free(address, 100),
            () -> asked.usableSize(address),
            () -> asked.realloc(address, 50),
            () -> asked.byteBuffer(address, 1));
    for (final Runnable call : calls) {
      final InvalidAddressException refused =
          catchThrowableOfType(InvalidAddressException.class, call::run);
      assertThat(refused.reason()).isEqualTo(InvalidAddressException.Reason.FOREIGN);
      assertThat(refused).hasMessageContaining(whose);
    }
  }

  // --- the end -----------------------------------------------------------------------------------

  @Test
  void toCloseAnArenaEndsItAsAWholeAndItsMemoryServesTheParentAtOnce() {
    final SlabAllocator arena = allocator.newArena(60 * MIB);
    long last = 0;
    for (int i = 0; i < 100_000; i++) {
      last = arena.malloc(256);
    }
    final long large = arena.malloc(30 * MIB);
    final long mapped = arena.stats().mappedBytes();
    arena.close();
    arena.close();
    final long address = last;
    for (final Runnable call :
        List.<Runnable>of(
            () -> arena.free(address),
            () -> arena.free(large),
            () -> arena.malloc(256),
            () -> arena.malloc(2 * MIB),
            () -> arena.calloc(1, 256),
            () -> arena.realloc(address, 1),
            arena::stats,
            arena::trim,
            () -> arena.newArena(MIB))) {
      assertThatIllegalStateException().isThrownBy(call::run).withMessageContaining("closed");
    }
    final AllocatorStats stats = allocator.stats();
    assertThat(stats.liveBlocks()).isZero();
    assertThat(stats.idleBytes()).isEqualTo(stats.mappedBytes()).isEqualTo(mapped);
    assertThat(stats.mallocCount()).isEqualTo(100_001);
    assertThat(stats.freeCount()).isEqualTo(100_001);
    assertForeign(allocator, last, "one of an arena of it that is closed");
    assertThat(allocator.malloc(60 * MIB)).isNotZero();
    assertThat(allocator.stats().mappedBytes()).isLessThanOrEqualTo(64 * MIB);
    assertThat(closed).hasSize(1);
    assertThat(closed.get(0).liveBlocks()).isEqualTo(100_001);
    assertThat(closed.get(0).sizeClasses())
        .anySatisfy(
            row -> {
              assertThat(row.blockSize()).isEqualTo(256);
              assertThat(row.liveBlocks()).isEqualTo(100_000);
            })
        .anySatisfy(
            row -> {
              assertThat(row.isLarge()).isTrue();
              assertThat(row.liveBlocks()).isOne();
            });
  }

  @Test
  void toCloseTheParentClosesArenasFirst() {
    final SlabAllocator arena = allocator.newArena(8 * MIB);
    final SlabAllocator inner = arena.newArena(8 * MIB);
    final long block = inner.malloc(100);
    arena.malloc(200);
    allocator.close();
    assertThat(posix.mappedRanges()).isEmpty();
    assertThat(closed).extracting(AllocatorStats::liveBlocks).containsExactly(1L, 1L, 0L);
    for (final SlabAllocator each : List.of(allocator, arena, inner)) {
      assertThatIllegalStateException().isThrownBy(() -> each.malloc(1));
      assertThatIllegalStateException().isThrownBy(() -> each.free(block));
      assertThatIllegalStateException().isThrownBy(() -> each.newArena(MIB));
      each.close();
    }
    assertThat(closed).hasSize(3);
  }

  @Test
  void freesOfOtherThreadsThatWereNotDrainedDoNoHarm() throws InterruptedException {
    final SlabAllocator arena = allocator.newArena(8 * MIB);
    final long[] blocks = new long[5_000];
    for (int i = 0; i < blocks.length; i++) {
      blocks[i] = arena.malloc(64);
    }
    final Thread other =
        new Thread(
            () -> {
              for (int i = 0; i < blocks.length; i += 2) {
                arena.free(blocks[i]);
              }
              arena.malloc(64);
            });
    other.start();
    other.join();
    arena.close();
    clock.advance(Duration.ofSeconds(5));
    allocator.housekeep();
    assertThat(allocator.stats().mappedBytes()).isZero();
    final long mine = allocator.malloc(64);
    assertThatIllegalStateException().isThrownBy(() -> arena.free(mine));
    allocator.free(mine);
  }

  @Test
  void aListenerThatFailsOnCloseHarmsNobody() {
    try (SlabAllocator other =
        SlabAllocator.builder()
            .capacity(MIB)
            .closeListener(
                last -> {
                  throw new IllegalStateException("on purpose");
                })
            .build()) {
      final SlabAllocator arena = other.newArena(MIB);
      arena.malloc(1);
      arena.close();
      assertThatIllegalStateException().isThrownBy(arena::stats);
      assertThat(other.stats().liveBlocks()).isZero();
    }
  }

  // --- housekeeping ------------------------------------------------------------------------------

  @Test
  void theParentReturnsWhatAnArenaNoLongerNeeds() throws InterruptedException {
    final SlabAllocator arena = allocator.newArena(32 * MIB);
    final Thread dying = new Thread(() -> arena.free(arena.malloc(1_000)));
    dying.start();
    dying.join();
    arena.free(arena.malloc(500_000));
    assertThat(arena.stats().mappedBytes()).isPositive();
    clock.advance(Duration.ofSeconds(2));
    arena.housekeep();
    clock.advance(Duration.ofSeconds(2));
    arena.housekeep();
    assertThat(arena.stats().mappedBytes()).as("dead threads and shared heaps").isZero();
    assertThat(allocator.stats().mappedBytes()).isPositive();
    clock.advance(Duration.ofSeconds(2));
    allocator.housekeep();
    assertThat(allocator.stats().mappedBytes()).isZero();
    assertThat(allocator.stats().reservedBytes()).isZero();
  }

  @Test
  void trimGivesWhatIsEmptyToTheParent() {
    final SlabAllocator arena = allocator.newArena(32 * MIB);
    arena.free(arena.malloc(100));
    final long held = arena.stats().mappedBytes();
    assertThat(held).isPositive();
    assertThat(arena.trim()).isEqualTo(held);
    assertThat(arena.trim()).isZero();
    assertThat(allocator.stats().idleBytes()).isEqualTo(held);
    assertThat(allocator.trim()).isEqualTo(held);
  }

  @Test
  void compactionWorksInAnArena() {
    final SlabAllocator arena = allocator.newArena(32 * MIB);
    final List<Long> blocks = new ArrayList<>();
    for (int i = 0; i < 8_000; i++) {
      blocks.add(arena.malloc(1_000));
    }
    final List<Long> kept = new ArrayList<>();
    for (int i = 0; i < blocks.size(); i++) {
      if (i % 8 == 0) {
        kept.add(blocks.get(i));
      } else {
        arena.free(blocks.get(i));
      }
    }
    final long before = arena.stats().mappedBytes();
    final CompactionResult result =
        arena.compact(
            (oldAddress, newAddress, size) -> {
              final int index = kept.indexOf(oldAddress);
              if (index >= 0) {
                kept.set(index, newAddress);
              }
              return index >= 0;
            });
    assertThat(result.slabsFreed()).isPositive();
    assertThat(arena.stats().mappedBytes()).isLessThan(before / 3);
    assertThat(allocator.stats().mallocCount()).as("moves are no mallocs").isEqualTo(8_000);
    arena.close();
    assertThat(allocator.stats().mallocCount()).isEqualTo(8_000);
    assertThat(allocator.stats().freeCount()).isEqualTo(8_000);
  }
}
