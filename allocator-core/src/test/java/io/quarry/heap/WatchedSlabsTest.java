package io.quarry.heap;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarry.region.Refusal;
import io.quarry.slab.SizeClasses;
import io.quarry.slab.Slab;
import io.quarry.slab.SlabDirectory;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Blocks that somebody watches, in the books and at the limit. */
class WatchedSlabsTest extends HeapsFixture {
  private static final int KIB = SizeClasses.of(1 << 10);
  private static final int LARGE_ROW = SizeClasses.COUNT;

  private final WatchedSlabs watched = heaps.watched();

  private long watch(final Heaps of, final long size) {
    final long outcome = of.watched().allocate(size, 16);
    assertThat(outcome).isPositive();
    return Heaps.untagged(outcome);
  }

  @Test
  void theyAreApartAndFreedOnlyByWhoWatchesThem() {
    final long ordinary = Heaps.untagged(heaps.allocate(1_000, 16));
    for (final long size : new long[] {1_000, 3 << 20}) {
      final long block = watch(heaps, size);
      final Slab slab = SlabDirectory.slabAt(block);
      assertThat(slab).isNotSameAs(SlabDirectory.slabAt(ordinary));
      assertThat(Heaps.isWatched(slab)).isTrue();
      assertThat(heaps.free(block)).isEqualTo(Freed.WATCHED);
      assertThat(slab.liveCount()).isEqualTo(1);
      watched.holdBack(slab);
      final int row = Census.rowOf(slab);
      assertThat(heaps.census().liveBlocks(row)).isEqualTo(row == KIB ? 1 : 0);
      assertThat(heaps.census().liveBytes(row)).isEqualTo(row == KIB ? 1_024 : 0);
      watched.free(slab, slab.indexOf(block));
      assertThat(slab.liveCount()).isZero();
      assertThat(heaps.census().liveBlocks(row)).isEqualTo(row == KIB ? 1 : 0);
    }
    assertThat(heaps.census().liveBytes(LARGE_ROW)).isZero();
    watch(heaps, 2 << 20);
    assertThat(heaps.census().liveBytes(LARGE_ROW)).isEqualTo(2 << 20);
    assertThat(Heaps.isWatched(SlabDirectory.slabAt(ordinary))).isFalse();
  }

  @Test
  void anOrdinaryBlockThatIsTakenBackCountsAsNeverIssued() {
    final long ordinary = Heaps.untagged(heaps.allocate(1_000, 16));
    assertThat(heaps.census().mallocs(KIB)).isEqualTo(1);
    watched.takeBack(ordinary, SlabDirectory.slabAt(ordinary));
    assertThat(heaps.census().mallocs(KIB)).isZero();
    assertThat(heaps.census().liveBlocks(KIB)).isZero();
  }

  @Test
  void soItDoesInTheBooksOfTheParentOfAnArenaThatHasEnded() {
    final Heaps arena = heaps.newChild(8 << 20, () -> now, () -> {});
    final long ordinary = Heaps.untagged(arena.allocate(1_000, 16));
    arena.watched().takeBack(ordinary, SlabDirectory.slabAt(ordinary));
    watch(arena, 1_000);
    watch(arena, 3 << 20);
    assertThat(heaps.census().mallocs(KIB)).isEqualTo(1);
    arena.close();
    arena.retireAll();
    assertThat(heaps.census().mallocs(KIB)).isEqualTo(1);
    assertThat(heaps.census().mallocs(LARGE_ROW)).isEqualTo(1);
    assertThat(heaps.census().liveBlocks(KIB)).isZero();
    arena.retireAll();
    assertThat(heaps.census().mallocs(KIB)).as("once").isEqualTo(1);
  }

  @Test
  void atTheLimitWhatOthersHoldBackEmptyIsUsed() {
    final List<Long> blocks = new ArrayList<>();
    long outcome = heaps.allocate(1_000, 16);
    while (outcome > 0) {
      blocks.add(Heaps.untagged(outcome));
      outcome = heaps.allocate(1_000, 16);
    }
    assertThat(Heaps.refusal(outcome)).isEqualTo(Refusal.LIMIT);
    assertThat(Heaps.refusal(watched.allocate(2_000, 16))).isEqualTo(Refusal.LIMIT);
    // Makes a slab current again, which then falls empty, and is kept in case it is needed soon.
    assertThat(heaps.free(blocks.get(blocks.size() / 2))).isEqualTo(Freed.FREED);
    final Slab current = SlabDirectory.slabAt(Heaps.untagged(heaps.allocate(1_000, 16)));
    for (final long block : blocks) {
      if (SlabDirectory.slabAt(block) == current) {
        assertThat(heaps.free(block)).isEqualTo(Freed.FREED);
      }
    }
    assertThat(current.isCurrent() && current.isEmpty()).isTrue();
    assertThat(watched.allocate(2_000, 16)).isPositive();
  }

  @Test
  void whatRestsIsPutAway() {
    assertThat(watched.retireResting(1_000, 100)).isEqualTo(Long.MAX_VALUE);
    final long block = watch(heaps, 1_000);
    final Slab slab = SlabDirectory.slabAt(block);
    assertThat(watched.retireResting(1_000, 100)).isEqualTo(100);
    watched.holdBack(slab);
    watched.free(slab, slab.indexOf(block));
    assertThat(slab.isRetired()).isFalse();
    watched.retireEmptyCurrents();
    assertThat(slab.isRetired()).isTrue();
  }

  @Test
  void afterTheEndNothingIsIssued() {
    watch(heaps, 1_000);
    heaps.close();
    watched.awaitOut();
    assertThat(Heaps.refusal(watched.allocate(1_000, 16))).isEqualTo(Refusal.CLOSED);
    heaps.retireAll();
    assertThat(Heaps.refusal(watched.allocate(3 << 20, 16))).isEqualTo(Refusal.CLOSED);
  }
}
