package io.quarry.heap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.quarry.slab.SizeClasses;
import io.quarry.slab.Slab;
import io.quarry.slab.SlabDirectory;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which slabs are emptied, in which order, and what that is said to bring. */
class CompactionPlanTest extends HeapsFixture {
  private static final int KIB = SizeClasses.of(1 << 10); // 64 blocks in a slab of one granule
  private static final long SLAB_BYTES = 64 << 10;

  private final Heap heap = Heap.owned(heaps, source);
  private final List<Slab> slabs = new ArrayList<>();

  /** A slab of 1 KiB blocks, of which so many are live, that nobody allocates from. */
  private Slab slab(final int live) {
    return slab(KIB, live);
  }

  private Slab slab(final int sizeClass, final int live) {
    final List<Long> blocks = fillSlab(heap, sizeClass);
    heap.settle();
    blocks.subList(live, blocks.size()).forEach(block -> free(heap, block));
    final Slab slab = SlabDirectory.slabAt(blocks.get(0));
    slabs.add(slab);
    // So that the heap does not come back to it.
    slab.claim();
    return slab;
  }

  private CompactionPlan plan(final double target) {
    slabs.forEach(Slab::unclaim);
    return CompactionPlan.make(source, 0, target, now);
  }

  private static List<Slab> victims(final CompactionPlan plan) {
    final List<Slab> victims = new ArrayList<>();
    while (!plan.isDone()) {
      victims.add(plan.next());
    }
    assertThat(plan.next()).isNull();
    return victims;
  }

  @Test
  void withoutSlabsThereIsNothingToDo() {
    final CompactionPlan plan = plan(0.9);
    assertThat(plan.isDone()).isTrue();
    assertThat(plan.utilisation()).isEqualTo(1);
    assertThat(plan.gainBytes()).isZero();
    assertThat(plan.mallocs()).isZero();
  }

  @Test
  void fourQuartersMakeOneWhole() {
    final List<Slab> all = List.of(slab(16), slab(16), slab(16), slab(16));
    final CompactionPlan plan = plan(0.9);
    assertThat(plan.utilisation()).isCloseTo(0.25, within(1e-9));
    assertThat(plan.gainBytes()).isEqualTo(3 * SLAB_BYTES);
    assertThat(plan.liveBytes()).isEqualTo(64 << 10);
    assertThat(plan.mallocs()).isEqualTo(4 * 64);
    assertThat(victims(plan)).containsExactlyInAnyOrderElementsOf(all);
  }

  @Test
  void theEmptiestComeFirstAndNoMoreThanBringTheClassToItsTarget() {
    final Slab most = slab(60);
    final Slab little = slab(8);
    final Slab least = slab(4);
    final Slab more = slab(16);
    // 88 live of 256: half of it would do with 176. One slab less is 192, two are 128.
    final CompactionPlan plan = plan(0.5);
    assertThat(victims(plan)).containsExactly(least, little, more).doesNotContain(most);
    assertThat(plan.gainBytes()).isEqualTo(2 * SLAB_BYTES);
  }

  @Test
  void whatIsFullOrAboveTheTargetIsLeftAlone() {
    slab(64);
    slab(63);
    final Slab atTheTarget = slab(32);
    slab(33);
    assertThat(victims(plan(0.5))).isEmpty();
    assertThat(plan(0.5).isWorthwhile(atTheTarget)).isFalse();
    assertThat(plan(0.51).isWorthwhile(atTheTarget)).isTrue();
  }

  @Test
  void twoSlabsThatDoNotFitIntoOneAreNoGain() {
    slab(33);
    slab(32);
    final CompactionPlan plan = plan(0.99);
    assertThat(plan.gainBytes()).isZero();
    assertThat(plan.isDone()).isTrue();
    assertThat(plan.utilisation()).isCloseTo(65 / 128.0, within(1e-9));
  }

  @Test
  void theClassWithTheLeastCopyingForWhatItGainsComesFirst() {
    // 48 KiB to be copied for one slab.
    final List<Slab> dear = List.of(slab(24), slab(24));
    // 128 KiB for six.
    final List<Slab> cheap = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      cheap.add(slab(SizeClasses.of(2 << 10), 8));
    }
    final List<Slab> victims = victims(plan(0.99));
    assertThat(victims.subList(0, 8)).containsExactlyInAnyOrderElementsOf(cheap);
    assertThat(victims.subList(8, 10)).containsExactlyInAnyOrderElementsOf(dear);
  }

  @Test
  void whatSomebodyUsesOrCompactionIsToLeaveAloneIsNoVictim() {
    final List<Slab> held = List.of(slab(4), slab(4));
    final Slab leftAlone = slab(4);
    leftAlone.leaveAloneUntil(now + 10);
    final Slab claimed = slab(4);
    slabs.remove(claimed);
    assertThat(victims(plan(0.9))).containsExactlyInAnyOrderElementsOf(held);
    now += 11;
    assertThat(victims(plan(0.9))).hasSize(3).contains(leftAlone).doesNotContain(claimed);
  }

  @Test
  void moreSlabsThanAreLookedAtAtOnce() {
    for (int i = 0; i < 520; i++) {
      slab(16);
    }
    final CompactionPlan plan = plan(0.9);
    // 130 slabs would be full; at the target are 144.4. So many quarters make 126, and 376 go.
    assertThat(plan.gainBytes()).isEqualTo(376 * SLAB_BYTES);
    assertThat(victims(plan)).hasSize(502).doesNotHaveDuplicates().isSubsetOf(slabs);
  }

  @Test
  void whatIsPutBackComesFirst() {
    slab(4);
    slab(16);
    final CompactionPlan plan = plan(0.9);
    final Slab first = plan.next();
    plan.putBack(first);
    assertThat(plan.isDone()).isFalse();
    assertThat(plan.next()).isSameAs(first);
    assertThat(plan.next()).isNotSameAs(first).isNotNull();
  }

  @Test
  void whatWasIssuedToMoveBlocksToIsNotCountedAsMallocs() {
    slab(16);
    final List<Long> gone = fillSlab(heap, SizeClasses.of(2 << 10));
    final int issued = gone.size();
    heap.settle();
    gone.forEach(block -> free(heap, block));
    assertThat(source.retiredMallocs()).isEqualTo(issued);
    assertThat(CompactionPlan.make(source, 10, 0.9, now).mallocs()).isEqualTo(64 + issued - 10);
  }
}
