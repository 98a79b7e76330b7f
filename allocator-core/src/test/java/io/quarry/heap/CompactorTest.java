package io.quarry.heap;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarry.region.Run;
import io.quarry.slab.SizeClasses;
import io.quarry.slab.Slab;
import io.quarry.slab.SlabDirectory;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

/** What a compaction moves, what it leaves, and how it ends, with a mover that keeps a list. */
class CompactorTest extends HeapsFixture {
  private static final int KIB = SizeClasses.of(1 << 10); // 64 blocks in a slab of one granule
  private static final int BLOCKS = 64;

  private final Compactor compactor = heaps.compactor();
  private final Mover mover = new Mover();

  private static final class Mover implements BlockMover {
    final Map<Long, Long> moved = new TreeMap<>();
    Predicate<Long> agrees = from -> true;
    Runnable onMove = () -> {};
    Runnable onAwait = () -> {};
    int copies;

    @Override
    public void copy(final long from, final long to, final long bytes) {
      assertThat(bytes).isEqualTo(1 << 10);
      copies++;
    }

    @Override
    public boolean move(final long from, final long to, final long bytes) {
      onMove.run();
      if (!agrees.test(from)) {
        return false;
      }
      assertThat(moved.put(from, to)).isNull();
      return true;
    }

    @Override
    public void awaitReaders() {
      onAwait.run();
    }
  }

  /** Slabs with so many live blocks each, of which none is current. */
  private List<Long> sparse(final int count, final int live) {
    final List<Long> kept = new ArrayList<>();
    final List<Long> freed = new ArrayList<>();
    for (int i = 0; i < 16; i++) { // borrowed
      heaps.free(Heaps.untagged(heaps.allocate(1 << 10, 16)));
    }
    final List<Long> blocks = new ArrayList<>();
    while (blocks.size() < count * BLOCKS) {
      blocks.add(Heaps.untagged(heaps.allocate(1 << 10, 16)));
    }
    final Map<Slab, Integer> keptOf = new IdentityHashMap<>();
    for (final long block : blocks) {
      final Slab slab = SlabDirectory.slabAt(block);
      if (keptOf.merge(slab, 1, Integer::sum) <= live) {
        kept.add(block);
      } else {
        freed.add(block);
      }
    }
    freed.forEach(block -> assertThat(heaps.free(block)).isEqualTo(Freed.FREED));
    return kept;
  }

  private Compaction run(final CompactionPlan plan, final long maxBytes, final long maxNanos) {
    final Compaction compaction = new Compaction(() -> now, maxBytes, maxNanos);
    compactor.carryOut(plan, mover, compaction);
    return compaction;
  }

  /** What a plan is going to empty, in its order; nothing is taken out of it. */
  private static List<Slab> victims(final CompactionPlan plan) {
    final List<Slab> victims = new ArrayList<>();
    while (!plan.isDone()) {
      victims.add(plan.next());
    }
    for (int i = victims.size() - 1; i >= 0; i--) {
      plan.putBack(victims.get(i));
    }
    return victims;
  }

  private Compaction run() {
    return run(compactor.plan(0.9), Long.MAX_VALUE, Long.MAX_VALUE);
  }

  private List<String> reports() {
    final List<String> reports = new ArrayList<>();
    heaps.misuses().report(reports::add);
    return reports;
  }

  @Test
  void blocksAreMovedTogetherAndTheirSlabsSetFree() {
    final List<Long> live = sparse(8, 16);
    final CompactionPlan plan = compactor.plan(0.9);
    final long gain = plan.gainBytes();
    final long mapped = regions.mappedBytes() - regions.idleBytes();
    final Compaction compaction = run(plan, Long.MAX_VALUE, Long.MAX_VALUE);
    assertThat(plan.isDone()).isTrue();
    assertThat(gain).isGreaterThanOrEqualTo(5 * 65_536);
    assertThat(live).containsAll(mover.moved.keySet());
    assertThat(compaction.blocksMoved()).isEqualTo(mover.moved.size()).isPositive();
    assertThat(compaction.bytesMoved()).isEqualTo(mover.moved.size() << 10);
    assertThat(compaction.batches()).isEqualTo(1);
    assertThat(compaction.bytesFreed()).isEqualTo(compaction.slabsFreed() * 65_536);
    assertThat(mapped - (regions.mappedBytes() - regions.idleBytes()))
        .isEqualTo(gain)
        .isLessThan(compaction.bytesFreed());
    mover.moved.forEach(
        (from, to) -> {
          assertThat(SlabDirectory.slabAt(from).isRetired()).isTrue();
          assertThat(SlabDirectory.slabAt(to).isFree(SlabDirectory.slabAt(to).indexOf(to)))
              .isFalse();
        });
    assertThat(mover.moved.values()).doesNotHaveDuplicates();
    assertThat(reports()).isEmpty();
    assertThat(heaps.census().liveBlocks(KIB)).isEqualTo(live.size());
    assertThat(compactor.plan(0.9).isDone()).isTrue();
  }

  @Test
  void whatIsRefusedStaysAndItsSlabIsLeftAlone() {
    final List<Long> live = sparse(8, 8);
    final Slab stubborn = SlabDirectory.slabAt(live.get(live.size() / 2));
    mover.agrees = from -> SlabDirectory.slabAt(from) != stubborn;
    final Compaction compaction = run();
    assertThat(compaction.blocksRefused()).isEqualTo(8);
    assertThat(stubborn.isHeld()).isTrue();
    assertThat(stubborn.liveCount()).isEqualTo(8);
    assertThat(stubborn.isLeftAlone(now + 9_999_999_999L)).isTrue();
    assertThat(stubborn.isLeftAlone(now + 10_000_000_002L)).isFalse();
    assertThat(heaps.census().liveBlocks(KIB)).as("no destination is lost").isEqualTo(live.size());
  }

  @Test
  void whereThereIsNoRoomNothingIsMovedAndThePlanIsNotDone() {
    sparse(8, 16);
    final CompactionPlan plan = compactor.plan(0.9);
    final List<Slab> victims = victims(plan);
    takeAllGranules();
    final Compaction compaction = run(plan, Long.MAX_VALUE, Long.MAX_VALUE);
    assertThat(compaction.isOutOfRoom()).isTrue();
    assertThat(compaction.blocksMoved()).isZero();
    assertThat(mover.copies).isZero();
    assertThat(victims(plan)).isEqualTo(victims).allMatch(Slab::isHeld);
  }

  @Test
  void roomForOneSlabIsEnoughToEmptyMany() {
    sparse(16, 16);
    final CompactionPlan plan = compactor.plan(0.9);
    final Run last = takeAllGranules();
    giveOne(last);
    final Compaction compaction = run(plan, Long.MAX_VALUE, Long.MAX_VALUE);
    assertThat(compaction.slabsFreed()).isGreaterThan(8);
    assertThat(plan.isDone()).isTrue();
  }

  /** All but those that are free in slabs. Returns a run of one granule. */
  private Run takeAllGranules() {
    regions.lock().lock();
    try {
      Run last = null;
      for (Run run = new Run(); regions.take(run, 1, 1) == null; run = new Run()) {
        last = run;
      }
      return last;
    } finally {
      regions.lock().unlock();
    }
  }

  private void giveOne(final Run run) {
    regions.lock().lock();
    try {
      regions.give(run, now);
    } finally {
      regions.lock().unlock();
    }
  }

  @Test
  void theBudgetEndsItWithinASlabWhichIsContinuedLater() {
    final List<Long> live = sparse(8, 16);
    final CompactionPlan plan = compactor.plan(0.9);
    final List<Slab> victims = victims(plan);
    // It looks at the budget once in 32 KiB, and before each slab.
    assertThat(run(plan, 1 << 10, Long.MAX_VALUE).blocksMoved()).isEqualTo(16);
    assertThat(victims(plan)).isEqualTo(victims.subList(1, victims.size()));
    run(plan, Long.MAX_VALUE, Long.MAX_VALUE);
    assertThat(mover.moved).hasSize(16 * victims.size());
    assertThat(heaps.census().liveBlocks(KIB)).isEqualTo(live.size());
  }

  @Test
  void timeIsLookedAtWithinASlabOfManyBytes() {
    sparse(12, 50);
    final CompactionPlan plan = compactor.plan(0.99);
    final List<Slab> victims = victims(plan);
    mover.onMove = () -> now += 1_000;
    final Compaction compaction = run(plan, Long.MAX_VALUE, 10_000);
    assertThat(compaction.blocksMoved()).as("one look in 32 blocks").isEqualTo(32);
    assertThat(victims(plan)).as("the first has blocks left").isEqualTo(victims);
    assertThat(run(plan, Long.MAX_VALUE, 100_000).blocksMoved()).isGreaterThan(64);
  }

  @Test
  void aFailureEndsItAtOnceAndIsKept() {
    final List<Long> live = sparse(8, 16);
    final RuntimeException thrown = new IllegalStateException("on purpose");
    mover.onMove =
        () -> {
          if (mover.moved.size() == 3) {
            throw thrown;
          }
        };
    final CompactionPlan plan = compactor.plan(0.9);
    final Compaction compaction = run(plan, Long.MAX_VALUE, Long.MAX_VALUE);
    assertThat(compaction.failure()).isSameAs(thrown);
    assertThat(compaction.blocksMoved()).isEqualTo(3);
    assertThat(mover.copies).isEqualTo(4);
    assertThat(heaps.census().liveBlocks(KIB))
        .as("the moved ones count once")
        .isEqualTo(live.size());
  }

  @Test
  void slabsWhoseReadersAreNotGoneAreFreedOnceTheyAre() {
    sparse(8, 16);
    mover.onAwait =
        () -> {
          throw new IllegalStateException("on purpose");
        };
    final Compaction failed = run();
    final long emptied = failed.blocksMoved() / 16;
    assertThat(emptied).isPositive();
    assertThat(failed.slabsFreed()).isZero();
    assertThat(failed.batches()).isZero();
    mover.moved.keySet().forEach(from -> assertThat(isLive(from)).isTrue());
    mover.onAwait = () -> {};
    sparse(4, 16);
    final Compaction next = run();
    assertThat(next.slabsFreed()).isGreaterThanOrEqualTo(emptied);
    mover.moved.keySet().forEach(from -> assertThat(isLive(from)).isFalse());
    final long freed = heaps.census().idleBytes();
    assertThat(run().slabsFreed()).isZero();
    assertThat(heaps.census().idleBytes()).isEqualTo(freed);
    mover.moved.clear(); // the same addresses may be issued again
    sparse(8, 16);
    final CompactionPlan plan = compactor.plan(0.9);
    final int victims = victims(plan).size();
    assertThat(run(plan, Long.MAX_VALUE, Long.MAX_VALUE).slabsFreed())
        .as("each once")
        .isEqualTo(victims);
    assertThat(reports()).isEmpty();
  }

  private static boolean isLive(final long address) {
    final Slab slab = SlabDirectory.slabAt(address);
    return !slab.isFree(slab.indexOf(address));
  }

  @Test
  void aFreeOfTheOldAddressIsReported() {
    sparse(8, 16);
    mover.onAwait =
        () -> {
          final long old = mover.moved.keySet().iterator().next();
          assertThat(heaps.free(old)).isEqualTo(Freed.FREED);
        };
    run();
    assertThat(heaps.misuses().count()).isEqualTo(1);
    assertThat(reports()).hasSize(1);
  }

  @Test
  void afterTheEndNothingIsMovedOrFreed() {
    sparse(8, 16);
    final CompactionPlan plan = compactor.plan(0.9);
    mover.onMove =
        () -> {
          if (mover.moved.size() == 1) {
            heaps.close();
          }
        };
    final Compaction compaction = run(plan, Long.MAX_VALUE, Long.MAX_VALUE);
    assertThat(compaction.slabsFreed()).isZero();
    assertThat(run(plan, Long.MAX_VALUE, Long.MAX_VALUE).blocksMoved()).isZero();
    compactor.close();
    heaps.retireAll();
  }

  @Test
  void idleGranulesAreReturnedIfThereAreMoreThanMayBe() {
    heaps.free(Heaps.untagged(heaps.allocate(2 << 20, 16)));
    compactor.returnIdle(2 << 20, now);
    assertThat(regions.idleBytes()).isEqualTo(2 << 20);
    compactor.returnIdle((2 << 20) - 1, now - 1);
    assertThat(regions.idleBytes()).as("not idle for so long").isEqualTo(2 << 20);
    compactor.returnIdle((2 << 20) - 1, now);
    assertThat(regions.idleBytes()).isZero();
  }
}
