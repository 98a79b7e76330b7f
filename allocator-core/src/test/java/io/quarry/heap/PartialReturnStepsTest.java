package io.quarry.heap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.quarry.posix.Errno;
import io.quarry.posix.NativeMemory;
import io.quarry.slab.SizeClasses;
import io.quarry.slab.Slab;
import io.quarry.slab.SlabDirectory;
import java.util.List;
import java.util.function.IntPredicate;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The looks, the calls and the pauses of giving back parts of slabs, one by one. */
class PartialReturnStepsTest extends HeapsFixture {
  private static final int KIB = SizeClasses.of(1 << 10); // 16 pages of four blocks
  private static final int PAGE = 4_096;
  private static final long MILLI = 1_000_000;
  private static final long IDLE = 1_000 * MILLI;

  private final Heap heap = Heap.owned(heaps, source);

  @BeforeEach
  void pagesOfFourKib() {
    assumeTrue(regions.pageSize() == PAGE);
  }

  private PartialReturn partialReturn(final int callsPerSecond) {
    return new PartialReturn(heaps, source, callsPerSecond);
  }

  /** A slab of which all was written to, and of which these blocks are live. */
  private Slab slab(final int sizeClass, final IntPredicate isLive) {
    final List<Long> blocks = fillSlab(heap, sizeClass);
    final Slab slab = SlabDirectory.slabAt(blocks.get(0));
    NativeMemory.fill(slab.base(), slab.run().bytes(), (byte) 1);
    heap.settle();
    for (int i = 0; i < blocks.size(); i++) {
      if (!isLive.test(i)) {
        free(heap, blocks.get(i));
      }
    }
    // So that the heap does not allocate the next slab's blocks from it.
    SlabDirectory.slabAt(blocks.get(0)).claim();
    return slab;
  }

  private int residentPages(final Slab slab) {
    return regions.residentPages(slab.run()).cardinality();
  }

  @Test
  void whatWasEmptyInTwoLooksGoesInOneCall() {
    final Slab slab = slab(KIB, i -> i == 0);
    slab.unclaim();
    final PartialReturn partialReturn = partialReturn(1_000);
    assertThat(partialReturn.run(now, IDLE)).isEqualTo(250 * MILLI);
    now += IDLE - 1;
    partialReturn.run(now, IDLE);
    assertThat(partialReturn.discardedBytes()).isZero();
    now += 250 * MILLI;
    kernel.resetCounts();
    partialReturn.run(now, IDLE);
    assertThat(kernel.count("madvise")).isEqualTo(1);
    assertThat(kernel.count("mincore")).isEqualTo(1);
    assertThat(partialReturn.discardedBytes()).isEqualTo(15 * PAGE);
    assertThat(residentPages(slab)).isEqualTo(1);
    assertThat(slab.isHeld()).isTrue();
    now += 10 * IDLE;
    kernel.resetCounts();
    partialReturn.run(now, IDLE);
    assertThat(kernel.count("madvise") + kernel.count("mincore")).as("nothing is left").isZero();
  }

  private void giveBack(final PartialReturn partialReturn) {
    partialReturn.run(now, IDLE);
    now += IDLE;
    partialReturn.run(now, IDLE);
  }

  @Test
  void aPageByItselfIsNotWorthACallButTwoAre() {
    // Live in each second page; and then two pages without a live block.
    final Slab slab = slab(KIB, i -> i % 8 == 0 && i < 40 || i > 51);
    slab.unclaim();
    final PartialReturn partialReturn = partialReturn(1_000);
    kernel.resetCounts();
    giveBack(partialReturn);
    assertThat(kernel.count("madvise")).isEqualTo(1);
    assertThat(partialReturn.discardedBytes()).isEqualTo(4 * PAGE);
    assertThat(residentPages(slab)).isEqualTo(12);
  }

  @Test
  void pagesThatWereNeverTouchedAreNoGain() {
    final List<Long> blocks = fillSlab(heap, KIB);
    heap.settle();
    final Slab slab = SlabDirectory.slabAt(blocks.get(0));
    NativeMemory.fill(slab.base(), PAGE, (byte) 1);
    NativeMemory.fill(slab.base() + 8 * PAGE, 2 * PAGE, (byte) 1);
    blocks.subList(1, 64).forEach(block -> free(heap, block));
    final PartialReturn partialReturn = partialReturn(1_000);
    giveBack(partialReturn);
    assertThat(partialReturn.discardedBytes()).isEqualTo(2 * PAGE);
    assertThat(residentPages(slab)).isEqualTo(1);
  }

  @Test
  void aCallIsForAMebibyteAtMost() {
    final int largest = SizeClasses.COUNT - 1;
    final Slab slab = slab(largest, i -> i == 1);
    slab.unclaim();
    final PartialReturn partialReturn = partialReturn(1_000);
    kernel.resetCounts();
    giveBack(partialReturn);
    assertThat(kernel.count("madvise")).isEqualTo(3);
    assertThat(partialReturn.discardedBytes()).isEqualTo(3 << 20);
    assertThat(residentPages(slab)).isEqualTo((1 << 20) / PAGE);
  }

  @Test
  void whatPromisesMostComesFirstAndCallsArePaidFor() {
    final Slab little = slab(KIB, i -> i < 48);
    final Slab much = slab(KIB, i -> i == 0);
    little.unclaim();
    much.unclaim();
    final PartialReturn partialReturn = partialReturn(10); // 100 ms each
    partialReturn.run(now, IDLE);
    now += IDLE;
    // One call to ask, one to give back, less what may be done on credit.
    assertThat(partialReturn.run(now, IDLE)).isEqualTo(150 * MILLI);
    assertThat(residentPages(much)).isEqualTo(1);
    assertThat(residentPages(little)).isEqualTo(16);
    now += 149 * MILLI;
    assertThat(partialReturn.run(now, IDLE)).isEqualTo(10 * MILLI);
    assertThat(residentPages(little)).isEqualTo(16);
    now += MILLI;
    partialReturn.run(now, IDLE);
    assertThat(residentPages(little)).isEqualTo(12);
  }

  @Test
  void aSlabThatIssuedABlockMeanwhileOrIsClaimedIsLeftAlone() {
    final Slab slab = slab(KIB, i -> i == 0);
    slab.unclaim();
    final PartialReturn partialReturn = partialReturn(1_000);
    partialReturn.run(now, IDLE);
    now += IDLE;
    assertThat(slab.claim()).isTrue();
    partialReturn.run(now, IDLE);
    assertThat(residentPages(slab)).isEqualTo(16);
    slab.unclaim();
    assertThat(SlabDirectory.slabAt(allocate(heap, KIB))).isSameAs(slab);
    heap.settle();
    now += IDLE;
    partialReturn.run(now, IDLE);
    assertThat(residentPages(slab)).isEqualTo(16);
    now += IDLE;
    partialReturn.run(now, IDLE);
    assertThat(residentPages(slab)).isEqualTo(1);
  }

  @Test
  void whatIsInUseAgainIsCountedOnce() {
    final Slab slab = slab(KIB, i -> i == 0);
    slab.unclaim();
    final PartialReturn partialReturn = partialReturn(1_000);
    giveBack(partialReturn);
    assertThat(partialReturn.refilledBytes()).isZero();
    for (int i = 0; i < 8; i++) {
      allocate(heap, KIB); // of the first three pages
    }
    for (int i = 0; i < 3; i++) {
      now += IDLE;
      partialReturn.run(now, IDLE);
      assertThat(partialReturn.refilledBytes()).isEqualTo(2 * PAGE);
    }
    final PartialReturn parent = partialReturn(1_000);
    parent.absorb(partialReturn);
    parent.absorb(partialReturn);
    assertThat(parent.refilledBytes()).isEqualTo(4 * PAGE);
    assertThat(parent.discardedBytes()).isEqualTo(30 * PAGE);
  }

  @Test
  void whenTheKernelRefusesAllSlabsAreLeftAloneForAWhile() {
    final Slab first = slab(KIB, i -> i == 0);
    final Slab second = slab(KIB, i -> i == 0);
    first.unclaim();
    second.unclaim();
    posix.arm(Errno.EINVAL, (call, ordinal) -> call.equals("madvise"));
    final PartialReturn partialReturn = partialReturn(1_000);
    partialReturn.run(now, IDLE);
    now += IDLE;
    assertThat(partialReturn.run(now, IDLE)).isEqualTo(10_000 * MILLI);
    assertThat(first.isHeld()).isTrue();
    assertThat(second.isHeld()).isTrue();
    posix.disarm();
    now += 9_999 * MILLI;
    assertThat(partialReturn.run(now, IDLE)).isEqualTo(MILLI);
    now += MILLI;
    partialReturn.run(now, IDLE);
    assertThat(residentPages(first) + residentPages(second)).as("one was refused").isEqualTo(17);
  }

  @Test
  void withoutSlabsOrCallsThereIsNothingToDo() {
    assertThat(partialReturn(1_000).run(now, IDLE)).isEqualTo(Long.MAX_VALUE);
    slab(KIB, i -> i == 0).unclaim();
    assertThat(partialReturn(0).run(now, IDLE)).isEqualTo(Long.MAX_VALUE);
    assertThat(partialReturn(1_000).run(now, 4 * IDLE)).isEqualTo(1_000 * MILLI);
    assertThat(partialReturn(1_000).run(now, 1)).isBetween(10 * MILLI, 1_000 * MILLI);
  }

  @Test
  void afterTheEndNothingIsGivenBack() {
    final Slab slab = slab(KIB, i -> i == 0);
    slab.unclaim();
    final PartialReturn partialReturn = partialReturn(1_000);
    partialReturn.run(now, IDLE);
    heaps.close();
    now += IDLE;
    assertThat(partialReturn.run(now, IDLE)).isEqualTo(Long.MAX_VALUE);
    assertThat(residentPages(slab)).isEqualTo(16);
    partialReturn.awaitEnd();
  }
}
