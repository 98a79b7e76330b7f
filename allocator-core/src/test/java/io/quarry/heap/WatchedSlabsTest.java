package io.quarry.heap;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarry.region.Refusal;
import io.quarry.slab.SizeClasses;
import io.quarry.slab.Slab;
import io.quarry.slab.SlabDirectory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

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

  /**
   * What leaves while somebody counts counts as free, before and after: the agent lets blocks go
   * when nobody has called the allocator, and no figure may tell.
   */
  @Test
  @Timeout(60)
  void noFigureChangesWhenABlockLeaves() throws InterruptedException {
    final int live = 3;
    final long bytes = 16; // thousands of blocks to a slab: the agent has time to come between
    final int row = SizeClasses.of((int) bytes);
    for (int i = 0; i < live; i++) {
      watch(heaps, bytes);
    }
    int changes = 0;
    while (changes < 20) {
      final List<Long> held = new ArrayList<>();
      for (int i = 0; i < 20_000; i++) {
        held.add(watch(heaps, bytes));
        watched.holdBack(SlabDirectory.slabAt(held.get(i)));
      }
      final AtomicInteger gone = new AtomicInteger();
      final Thread agent =
          new Thread(
              () -> {
                for (final long block : held) {
                  final Slab slab = SlabDirectory.slabAt(block);
                  watched.free(slab, slab.indexOf(block));
                  gone.incrementAndGet();
                }
              });
      agent.start();
      while (agent.isAlive()) {
        final int before = gone.get();
        assertThat(heaps.census().liveBlocks(row)).isEqualTo(live);
        changes += gone.get() == before ? 0 : 1;
      }
      agent.join();
    }
  }

  @Test
  void noBlockLeavesWhileSomebodyCounts() throws InterruptedException {
    for (final long size : new long[] {1_000, 3 << 20}) {
      final long block = watch(heaps, size);
      final Slab slab = SlabDirectory.slabAt(block);
      watched.holdBack(slab);
      final Thread agent = new Thread(() -> watched.free(slab, slab.indexOf(block)));
      regions.lock().lock();
      try {
        agent.start();
        while (agent.isAlive() && !regions.lock().hasQueuedThread(agent)) {
          Thread.onSpinWait();
        }
        assertThat(slab.liveCount()).isEqualTo(1);
        assertThat(heaps.census().liveBlocks(Census.rowOf(slab))).isZero();
      } finally {
        regions.lock().unlock();
      }
      agent.join();
      assertThat(slab.liveCount()).isZero();
      assertThat(heaps.census().liveBlocks(Census.rowOf(slab))).isZero();
    }
  }

  /** The slabs of an arena go a moment before its parent forgets it. */
  @Test
  void whatAnArenaHeldBackInTheEndIsNoBlockOfItsParent() {
    for (final long size : new long[] {1_000, 3 << 20}) {
      final int row = size == 1_000 ? KIB : LARGE_ROW;
      final List<Long> counted = new ArrayList<>();
      final Heaps[] parent = new Heaps[1];
      final Runnable count = () -> counted.add(parent[0].census().liveBlocks(row));
      parent[0] = new Heaps(regions, () -> now, count);
      watch(parent[0], size);
      final Heaps arena = parent[0].newChild(16 << 20, () -> now, () -> {});
      for (int i = 0; i < 2; i++) {
        arena.watched().holdBack(SlabDirectory.slabAt(watch(arena, size)));
      }
      // Until nothing is due: from then on, whoever lets granules fall idle wakes the agent.
      parent[0].housekeep(now, 1);
      now += 2;
      parent[0].housekeep(now, 1);
      arena.close();
      arena.retireAll();
      assertThat(counted).containsExactly(1L);
      parent[0].close();
      parent[0].retireAll();
    }
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
