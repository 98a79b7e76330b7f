package io.quarry.heap;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarry.slab.SizeClasses;
import io.quarry.slab.Slab;
import io.quarry.slab.SlabDirectory;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** One heap, its slabs, and what others do to them, step by step and on one thread. */
class HeapTest extends HeapsFixture {
  private static final int KIB = SizeClasses.of(1 << 10); // 64 blocks in a slab of one granule

  private final Heap heap = Heap.owned(heaps, source);

  private static Slab slabOf(final long address) {
    return SlabDirectory.slabAt(address);
  }

  // --- allocating --------------------------------------------------------------------------------

  @ParameterizedTest
  @CsvSource({"64, 16", "1024, 16", "2048, 8", "32768, 2"})
  void theFirstBlocksOfAClassAreBorrowed(final int size, final int borrowed) {
    final int sizeClass = SizeClasses.of(size);
    for (int i = 0; i < borrowed; i++) {
      assertThat(heap.isToHaveSlabsOf(sizeClass)).isFalse();
    }
    assertThat(heap.isToHaveSlabsOf(sizeClass)).isTrue();
    heap.settle();
    assertThat(heap.isToHaveSlabsOf(sizeClass)).as("counted anew").isFalse();
    final long block = allocate(heap, sizeClass);
    assertThat(heap.isToHaveSlabsOf(sizeClass)).as("it has a current one").isTrue();
    heap.settle();
    assertThat(heap.isToHaveSlabsOf(sizeClass)).as("it has one in reserve").isTrue();
    free(heap, block);
    assertThat(slabOf(block).isRetired()).isTrue();
    assertThat(heap.isToHaveSlabsOf(sizeClass)).isFalse();
  }

  @Test
  void aSlabThatGotFreeBlocksIsAllocatedFromBeforeANewOne() {
    final List<Long> first = fillSlab(heap, KIB);
    final List<Long> second = fillSlab(heap, KIB);
    assertThat(slabOf(first.get(0)).isMarkedFull()).isTrue();
    free(heap, first.get(5));
    freeRemote(heap, first.get(9));
    assertThat(heap.allocateExisting(KIB)).isIn(first.get(5), first.get(9));
    assertThat(heap.allocateExisting(KIB)).isIn(first.get(5), first.get(9));
    assertThat(heap.allocateExisting(KIB)).isZero();
    assertThat(regions.mappedBytes()).isEqualTo(2 * 65_536);
    assertThat(slabOf(second.get(0))).isNotSameAs(slabOf(first.get(0)));
  }

  @Test
  void remoteFreesInTheCurrentSlabAreFoundBeforeANewOneIsCarved() {
    final List<Long> blocks = fillSlab(heap, KIB);
    freeRemote(heap, blocks.get(30));
    assertThat(allocate(heap, KIB)).isEqualTo(blocks.get(30));
  }

  @Test
  void aClaimedSlabIsPassedOverAndFoundAgainWhenItIsLetGo() {
    final List<Long> first = fillSlab(heap, KIB);
    fillSlab(heap, KIB);
    final Slab claimed = slabOf(first.get(0));
    free(heap, first.get(7));
    assertThat(claimed.claim()).isTrue();
    final List<Long> third = fillSlab(heap, KIB);
    assertThat(slabOf(third.get(0))).isNotSameAs(claimed);
    source.letGo(claimed);
    assertThat(allocate(heap, KIB)).isEqualTo(first.get(7));
  }

  @Test
  void whenMemoryIsShortASlabIsAsLittleAsOneBlock() {
    final int sizeClass = SizeClasses.of(32 << 10);
    final long block = heap.allocateSparingly(sizeClass);
    assertThat(slabOf(block).run().granules()).isEqualTo(1);
    assertThat(slabOf(block).blockCount()).isEqualTo(2);
    assertThat(heap.allocateSparingly(sizeClass)).isEqualTo(block + (32 << 10));
    assertThat(regions.mappedBytes()).isEqualTo(65_536);
  }

  @Test
  void aMediumBlockIsTheLowestThatIsFree() {
    final int medium = SizeClasses.of(40_000);
    assertThat(heap.takeMedium(medium)).isZero();
    final long first = allocate(heap, medium);
    final long second = Heaps.untagged(heap.takeMedium(medium));
    assertThat(second).isEqualTo(first + SizeClasses.bytes(medium));
    free(heap, first);
    assertThat(heap.takeMedium(medium)).isEqualTo(first);
    for (int i = 2; i < slabOf(first).blockCount(); i++) {
      assertThat(heap.takeMedium(medium)).isNotZero();
    }
    assertThat(heap.takeMedium(medium)).isZero();
  }

  @Test
  void aMediumBlockIsKnownToBeZeroTheFirstTime() {
    final int medium = SizeClasses.of(40_000);
    final long outcome = heap.allocate(medium);
    assertThat(Heaps.isKnownZero(outcome)).isTrue();
    assertThat(Heaps.isSample(outcome)).isFalse();
    free(heap, Heaps.untagged(outcome));
    assertThat(heap.allocate(medium)).as("the same, used").isEqualTo(Heaps.untagged(outcome));
    assertThat(Heaps.isKnownZero(heap.allocate(KIB))).as("not worth remembering").isFalse();
  }

  // --- what compaction has filled ----------------------------------------------------------------

  @Test
  void holesInWhatCompactionFilledAreAllocatedFromBeforeANewSlabIsCarved() {
    final long[] moved = new long[70];
    assertThat(heaps.compacted().allocate(KIB, moved, 70)).isEqualTo(70);
    assertThat(heaps.compacted().issued()).isEqualTo(70);
    assertThat(slabOf(moved[63]).isHeld()).isTrue();
    assertThat(heaps.compacted().handOver(KIB, heap)).as("full").isNull();
    heaps.compacted().takeBack(moved[3]);
    heaps.compacted().takeBack(moved[40]);
    assertThat(allocate(heap, KIB)).isEqualTo(moved[3]);
    final Slab slab = slabOf(moved[3]);
    assertThat(slab.owner()).isSameAs(heap);
    assertThat(slab.isCurrent()).isTrue();
    assertThat(allocate(heap, KIB)).isEqualTo(moved[40]);
    free(heap, moved[40]);
    assertThat(allocate(heap, KIB)).isEqualTo(moved[40]);
    // The one that compaction allocates from is its own until it settles.
    assertThat(slabOf(allocate(heap, KIB))).isNotIn(slab, slabOf(moved[69]));
    heaps.compacted().settle();
    assertThat(slabOf(moved[69]).isHeld()).isTrue();
    fillSlabOf(allocate(heap, KIB));
    assertThat(slabOf(allocate(heap, KIB))).isSameAs(slabOf(moved[69]));
  }

  @Test
  void aCompactedSlabThatIsQueuedOrClaimedAtThisMomentIsHandedOverLater() {
    final long[] moved = new long[64];
    assertThat(heaps.compacted().allocate(KIB, moved, 64)).isEqualTo(64);
    heaps.compacted().settle();
    final Slab slab = slabOf(moved[0]);
    heaps.compacted().takeBack(moved[3]);
    heaps.compacted().drain();
    assertThat(slab.winToken()).isTrue(); // somebody is about to queue it
    assertThat(heaps.compacted().handOver(KIB, heap)).isNull();
    assertThat(slab.isHeld()).isTrue();
    assertThat(slab.isMarkedFull()).isTrue();
    assertThat(slab.owner()).isNotSameAs(heap);
    slab.drain();
    heaps.compacted().takeBack(moved[4]);
    heaps.compacted().drain();
    assertThat(slab.claim()).isTrue();
    assertThat(heaps.compacted().handOver(KIB, heap)).isNull();
    assertThat(slab.isMarkedFull()).isTrue();
    source.letGo(slab);
    assertThat(heaps.compacted().handOver(KIB, heap)).isSameAs(slab);
    assertThat(slab.owner()).isSameAs(heap);
  }

  private void fillSlabOf(final long block) {
    while (slabOf(block).liveCount() < slabOf(block).blockCount()) {
      allocate(heap, KIB);
    }
  }

  // --- freeing -----------------------------------------------------------------------------------

  @Test
  void aSlabOfWhichTheLastBlockIsFreedIsRetired() {
    for (final boolean remote : new boolean[] {false, true}) {
      final List<Long> blocks = fillSlab(heap, KIB);
      heap.settle();
      final Slab slab = slabOf(blocks.get(0));
      for (final long block : blocks) {
        assertThat(slab.isRetired()).isFalse();
        if (remote) {
          freeRemote(heap, block);
        } else {
          free(heap, block);
        }
      }
      assertThat(slab.isRetired()).isTrue();
      assertThat(regions.idleBytes()).isEqualTo(65_536);
      assertThat(heap.freeLocal(slab, 3)).isFalse();
      assertThat(heap.freeRemote(slab, 3)).isFalse();
      assertThat(heap.allocateExisting(KIB)).isZero();
    }
  }

  @Test
  void aSlabOfManyWordsIsRetiredWithItsLastBlock() {
    final int small = SizeClasses.of(256);
    final List<Long> blocks = fillSlab(heap, small);
    heap.settle();
    final Slab slab = slabOf(blocks.get(0));
    for (int i = 0; i < blocks.size(); i++) {
      assertThat(slab.isRetired()).isFalse();
      if (i % 2 == 0) {
        free(heap, blocks.get(i));
      } else {
        freeRemote(heap, blocks.get(i));
      }
    }
    assertThat(slab.isRetired()).isTrue();
    heap.drainQueue();
    assertThat(slab.isListed()).as("a tombstone is kept alive by nobody").isFalse();
  }

  @Test
  void theCurrentSlabStaysWhenItFallsEmptyUntilItIsSettled() {
    final long block = allocate(heap, KIB);
    free(heap, block);
    assertThat(slabOf(block).isCurrent()).isTrue();
    heap.retireEmptyCurrents();
    assertThat(slabOf(block).isRetired()).isTrue();
    final long another = allocate(heap, KIB);
    heap.retireEmptyCurrents();
    assertThat(slabOf(another).isCurrent()).isTrue();
  }

  @Test
  void whatTwoFreedAtOnceIsReportedByTheDrain() {
    final List<Long> blocks = fillSlab(heap, KIB);
    final Slab slab = slabOf(blocks.get(0));
    assertThat(slab.freeRemote(4)).isTrue();
    assertThat(slab.freeFast(blocks.get(4))).isTrue();
    freeRemote(heap, blocks.get(5));
    assertThat(heap.drainQueue()).isTrue();
    assertThat(heaps.misuses().count()).isEqualTo(1);
    assertThat(heap.drainQueue()).isFalse();
  }

  // --- giving back -------------------------------------------------------------------------------

  @Test
  void onlySlabsUsedByLessThanHalfAreSettledForCompaction() {
    final List<Long> half = fillSlab(heap, KIB);
    final int other = SizeClasses.of(2 << 10);
    final List<Long> sparse = fillSlab(heap, other);
    half.subList(32, 64).forEach(block -> free(heap, block));
    sparse.subList(15, 32).forEach(block -> free(heap, block));
    heap.settleSparse();
    assertThat(slabOf(half.get(0)).isCurrent()).isTrue();
    assertThat(slabOf(sparse.get(0)).isHeld()).isTrue();
    heap.settle();
    assertThat(slabOf(half.get(0)).isHeld()).isTrue();
    assertThat(allocate(heap, KIB)).as("in reserve").isEqualTo(half.get(32));
  }

  @Test
  void whatHasRestedForTheIdleTimeIsPutAway() {
    final Heap shared = Heap.shared(heaps, source);
    assertThat(shared.retireResting(1_000, 100)).isEqualTo(Long.MAX_VALUE);
    final long block = allocate(shared, KIB);
    final int other = SizeClasses.of(2 << 10);
    assertThat(shared.retireResting(1_000, 100)).isEqualTo(100);
    final long later = allocate(shared, other);
    assertThat(shared.retireResting(1_040, 100)).isEqualTo(60);
    assertThat(shared.retireResting(1_099, 100)).isEqualTo(1);
    assertThat(slabOf(block).isCurrent()).isTrue();
    free(shared, block);
    assertThat(shared.retireResting(1_100, 100)).isEqualTo(40);
    assertThat(slabOf(block).isRetired()).isTrue();
    assertThat(regions.oldestIdleNanos()).as("idle since it rests").isEqualTo(1_000);
    assertThat(slabOf(later).isCurrent()).isTrue();
    assertThat(shared.retireResting(1_140, 100)).isEqualTo(Long.MAX_VALUE);
    assertThat(slabOf(later).isHeld()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9})
  void theQueueIsLookedAtEverMoreSeldom(final int examinationsBefore) {
    final Slab slab = emptyInTheQueue();
    for (int i = 0; i < examinationsBefore; i++) {
      heap.examine();
    }
    assertThat(slab.isRetired()).isFalse();
    slab.unclaim();
    heap.examineNew();
    assertThat(slab.isRetired()).as("it is new").isEqualTo(examinationsBefore == 0);
    if (examinationsBefore > 0) {
      heap.examine();
      assertThat(slab.isRetired())
          .as("the 1st, 2nd, 3rd, 5th, 9th time")
          .isEqualTo(List.of(1, 2, 4, 8).contains(examinationsBefore));
      heap.drainQueue();
    }
    assertThat(slab.isRetired()).isTrue();
  }

  @Test
  void aSlabThatIsQueuedMakesTheLooksFrequentAgain() {
    final long other = allocate(heap, SizeClasses.of(64));
    final Slab slab = emptyInTheQueue();
    for (int i = 0; i < 3; i++) {
      heap.examine();
    }
    freeRemote(heap, other);
    slab.unclaim();
    heap.examine();
    assertThat(slab.isRetired()).isTrue();
  }

  /** As if its last two frees had not seen each other: somebody has claimed it meanwhile. */
  private Slab emptyInTheQueue() {
    final List<Long> blocks = fillSlab(heap, KIB);
    heap.settle();
    final Slab slab = slabOf(blocks.get(0));
    assertThat(slab.claim()).isTrue();
    blocks.forEach(block -> freeRemote(heap, block));
    return slab;
  }

  // --- the use that an idle thread makes of it ---------------------------------------------------

  @Test
  void itRestsSinceItIssuedABlockLast() {
    assertThat(heap.restingSince(1_000)).isEqualTo(1_000);
    allocate(heap, KIB);
    assertThat(heap.restingSince(2_000)).isEqualTo(2_000);
    assertThat(heap.restingSince(3_000)).isEqualTo(2_000);
    heap.leaveAloneUntil(5_000);
    assertThat(heap.isToBeLeftAlone(4_999)).isTrue();
    assertThat(heap.isToBeLeftAlone(5_000)).isFalse();
    allocate(heap, SizeClasses.of(64));
    assertThat(heap.restingSince(4_000)).isEqualTo(4_000);
    assertThat(heap.isToBeLeftAlone(4_000)).as("what was said is out of date").isFalse();
  }

  @Test
  void itHoldsBackWhatACurrentSlabHasFree() {
    assertThat(heap.holdsBack()).isFalse();
    final List<Long> blocks = fillSlab(heap, KIB);
    assertThat(heap.holdsBack()).isFalse();
    blocks.subList(0, 15).forEach(block -> free(heap, block));
    assertThat(heap.holdsBack()).as("15 KiB").isFalse();
    free(heap, blocks.get(15));
    assertThat(heap.holdsBack()).as("16 KiB").isTrue();
    heap.settle();
    assertThat(heap.holdsBack()).as("others may have it").isFalse();
  }
}
