package io.quarry.slab;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarry.posix.Posix;
import io.quarry.region.Geometry;
import io.quarry.region.IdlePolicy;
import io.quarry.region.Region;
import io.quarry.region.RegionSettings;
import io.quarry.region.Regions;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What one slab does, step by step and on one thread, without a heap around it. */
class SlabTest {
  private static final int BLOCK_BYTES = 128;

  private final Object allocator = new Object();
  private final Owner owner = new Owner(allocator);
  private Regions regions;

  private static final class Owner extends SlabOwner {
    Owner(final Object allocator) {
      super(allocator);
      thread(Thread.currentThread());
    }
  }

  @AfterEach
  void close() {
    if (regions != null) {
      regions.close();
    }
  }

  // --- allocating --------------------------------------------------------------------------------

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 63, 64, 65, 127, 128, 129, 511, 512})
  void issuesEachBlockOnceAndInTheOrderOfTheirAddresses(final int blocks) {
    final Slab slab = current(blocks);
    for (int i = 0; i < blocks; i++) {
      if (!slab.hasCandidate()) {
        assertThat(slab.reload()).isTrue();
      }
      assertThat(slab.mallocCount()).isEqualTo(i);
      assertThat(slab.mayTake(Thread.currentThread())).isTrue();
      assertThat(slab.take()).isEqualTo(slab.addressOf(i));
      assertThat(slab.liveCount()).isEqualTo(i + 1);
    }
    assertThat(slab.hasCandidate()).isFalse();
    assertThat(slab.mayTake(Thread.currentThread())).isFalse();
    assertThat(slab.reload()).isFalse();
    assertThat(slab.isEmpty()).isFalse();
  }

  @Test
  void onlyTheOwnersThreadMayTake() {
    final Slab slab = current(8);
    slab.reload();
    assertThat(slab.mayTake(Thread.currentThread())).isTrue();
    assertThat(slab.mayTake(new Thread())).isFalse();
    assertThat(slab.isFastFor(Thread.currentThread(), allocator)).isTrue();
    assertThat(slab.isFastFor(Thread.currentThread(), new Object())).isFalse();
    assertThat(slab.isFastFor(new Thread(), allocator)).isFalse();
    slab.markFull();
    assertThat(slab.isMarkedFull()).isTrue();
    assertThat(slab.mayTake(Thread.currentThread())).isFalse();
    assertThat(slab.isFastFor(Thread.currentThread(), allocator)).isFalse();
    slab.unmarkFull();
    assertThat(slab.isMarkedFull()).isFalse();
    assertThat(slab.mayTake(Thread.currentThread())).isTrue();
  }

  @Test
  void goesRoundToTheNextWordUnlessHalfOfThisOneHasComeBack() {
    final Slab slab = full(3 * 64);
    for (int i = 0; i < 31; i++) {
      slab.freeLocal(128 + i); // of the word that was issued from last
    }
    slab.freeLocal(5);
    slab.reload();
    assertThat(slab.take()).isEqualTo(slab.addressOf(5));
    slab.freeLocal(128 + 31);
    slab.reload();
    assertThat(slab.candidates()).isEqualTo(32);
    slab.freeLocal(5);
    while (slab.hasCandidate()) {
      assertThat(slab.take()).isGreaterThanOrEqualTo(slab.addressOf(128));
    }
    for (int i = 0; i < 32; i++) {
      slab.freeLocal(128 + i);
    }
    slab.reload();
    assertThat(slab.take()).isEqualTo(slab.addressOf(128));
  }

  @Test
  void keepsTheLowestCandidatesAndCountsWhatItGivesUpAsNeverIssued() {
    final Slab slab = current(64);
    slab.reload();
    assertThat(slab.keepCandidates(64)).isEqualTo(64);
    assertThat(slab.keepCandidates(100)).isEqualTo(64);
    assertThat(slab.keepCandidates(3)).isEqualTo(3);
    assertThat(slab.candidates()).isEqualTo(3);
    assertThat(slab.mallocCount()).isZero();
    for (int i = 0; i < 3; i++) {
      assertThat(slab.take()).isEqualTo(slab.addressOf(i));
    }
    assertThat(slab.hasCandidate()).isFalse();
    assertThat(slab.mallocCount()).isEqualTo(3);
    slab.reload();
    slab.take();
    slab.putBack();
    assertThat(slab.hasCandidate()).isFalse();
    assertThat(slab.mallocCount()).isEqualTo(4);
    assertThat(slab.liveCount()).isEqualTo(4);
    assertThat(slab.checkInvariant()).isTrue();
  }

  @Test
  void theOnlyBlockOfASlabIsIssuedBeforeThereIsMemory() {
    final Slab slab = new Slab(owner, Slab.LARGE, 1 << 20, 1);
    assertThat(slab.isEmpty()).isTrue();
    slab.issueOnly();
    assertThat(slab.isEmpty()).isFalse();
    assertThat(slab.liveCount()).isEqualTo(1);
    assertThat(slab.mallocCount()).isEqualTo(1);
    assertThat(slab.freeLocal(0)).isTrue();
    assertThat(slab.isEmpty()).isTrue();
  }

  @Test
  void aBlockIsIssuedForTheFirstTimeOnce() {
    final Slab slab = placed(1, 64 << 10 >> 6);
    assertThat(slab.run().pristine()).isTrue();
    for (int index = 0; index < slab.blockCount(); index++) {
      assertThat(slab.firstIssue(index)).isTrue();
      assertThat(slab.firstIssue(index)).isFalse();
    }
    // Of more blocks than a word has bits it is not known.
    assertThat(placed(1, 16).firstIssue(0)).isFalse();
    final Slab unplaced = new Slab(owner, 0, 16, 8);
    assertThat(unplaced.firstIssue(0)).isFalse();
  }

  // --- freeing -----------------------------------------------------------------------------------

  @Test
  void aFastFreeIsRefusedWhereThereIsMoreToIt() {
    final Slab slab = full(100);
    assertThat(slab.freeFast(slab.addressOf(1) + 16)).isFalse();
    assertThat(slab.freeFast(slab.base() - BLOCK_BYTES)).isFalse();
    assertThat(slab.freeFast(slab.addressOf(64 * slab.free.length))).isFalse();
    assertThat(slab.freeFast(slab.addressOf(64 * 1_000))).isFalse();
    assertThat(slab.liveCount()).isEqualTo(100);
    assertThat(slab.freeFast(slab.addressOf(99))).isTrue();
    assertThat(slab.freeFast(slab.addressOf(99))).as("free already").isFalse();
    assertThat(slab.isFree(99)).isTrue();
    assertThat(slab.isFree(98)).isFalse();
    assertThat(slab.winToken()).isTrue();
    assertThat(slab.freeFast(slab.addressOf(98))).as("the token is set").isFalse();
    assertThat(slab.isFree(98)).isFalse();
    slab.drain();
    assertThat(slab.freeFast(slab.addressOf(98))).isTrue();
  }

  @Test
  void theLastFreeOfAWordIsFastOnlyWhileTheSlabIsCurrent() {
    final Slab slab = full(64);
    for (int i = 1; i < 64; i++) {
      assertThat(slab.freeFast(slab.addressOf(i))).isTrue();
    }
    slab.makeHeld();
    assertThat(slab.freeFast(slab.addressOf(0))).isFalse();
    assertThat(slab.isWordEmpty(0)).isFalse();
    assertThat(slab.makeCurrent(owner)).isTrue();
    assertThat(slab.freeFast(slab.addressOf(0))).isTrue();
    assertThat(slab.isWordEmpty(0)).isTrue();
  }

  @Test
  void theOffsetOfATailIsFreeAlways() {
    final Slab slab = new Slab(owner, 2, 48, (int) Geometry.GRANULE_BYTES / 48);
    slab.makeCurrent(owner);
    issueAll(slab);
    assertThat(slab.freeFast(slab.addressOf(slab.blockCount()))).isFalse();
    assertThat(slab.freeLocal(slab.blockCount())).isFalse();
    assertThat(slab.freeRemote(slab.blockCount())).isFalse();
    assertThat(slab.isBlockStart(slab.addressOf(slab.blockCount()))).isFalse();
  }

  @Test
  void thereIsABitForATailAndNoWordTooMany() {
    assertThat(new Slab(owner, 0, 16, 4_096).words()).isEqualTo(64);
    assertThat(new Slab(owner, 7, 128, 512).words()).isEqualTo(8);
    assertThat(new Slab(owner, 2, 48, 1_365).words()).isEqualTo(22);
    assertThat(new Slab(owner, Slab.LARGE, 1 << 20, 1).words()).isEqualTo(1);
    final Slab slab = new Slab(owner, 40, 1_008, 64); // no class has such a slab
    assertThat(slab.words()).isEqualTo(2);
    assertThat(slab.freeLocal(64)).isFalse();
  }

  @Test
  void anAddressIsABlocksIfABlockStartsThere() {
    final Slab slab = placed(1, 1_280);
    for (int i = 0; i < slab.blockCount(); i++) {
      assertThat(slab.indexOfStart(slab.addressOf(i))).isEqualTo(i);
      assertThat(slab.indexOfStart(slab.addressOf(i) + 1)).isEqualTo(-1);
      assertThat(slab.indexOfStart(slab.addressOf(i) - 1)).isEqualTo(-1);
    }
    assertThat(slab.indexOfStart(slab.addressOf(64 * slab.words()))).isEqualTo(-1);
    assertThat(slab.indexOfStart(slab.addressOf(-1))).isEqualTo(-1);
  }

  @Test
  void aSecondFreeIsRefusedWhoeverWasFirst() {
    final Slab slab = full(100);
    assertThat(slab.freeLocal(3)).isTrue();
    assertThat(slab.freeLocal(3)).isFalse();
    assertThat(slab.freeRemote(3)).isFalse();
    assertThat(slab.freeRemote(70)).isTrue();
    assertThat(slab.freeRemote(70)).isFalse();
    assertThat(slab.freeLocal(70)).isFalse();
    assertThat(slab.isFree(3)).isTrue();
    assertThat(slab.isFree(70)).isTrue();
    assertThat(slab.isFree(6)).isFalse();
    assertThat(slab.liveCount()).isEqualTo(98);
    assertThat(slab.drain()).isZero();
    assertThat(slab.freeRemote(70)).isFalse();
    assertThat(slab.freeLocal(70)).isFalse();
    assertThat(slab.liveCount()).isEqualTo(98);
  }

  @Test
  void blocksFreedByTwoAtOnceAreCountedByTheDrain() {
    final Slab slab = full(100);
    for (final int index : new int[] {1, 2, 80}) {
      // The owner's fast free looks at the token, which the other has not set yet.
      assertThat(slab.freeRemote(index)).isTrue();
      assertThat(slab.freeFast(slab.addressOf(index))).isTrue();
    }
    assertThat(slab.freeRemote(81)).isTrue();
    assertThat(slab.checkInvariant()).isFalse();
    assertThat(slab.drain()).isEqualTo(3);
    assertThat(slab.liveCount()).isEqualTo(96);
    assertThat(slab.drain()).isZero();
  }

  @Test
  void theTokenIsWonOnceForEachDrain() {
    final Slab slab = full(100);
    assertThat(slab.winToken()).isTrue();
    assertThat(slab.winToken()).isFalse();
    slab.drain();
    assertThat(slab.winToken()).isTrue();
  }

  @Test
  void whatIsDrainedMayBeIssuedAgain() {
    final Slab slab = full(130);
    slab.freeRemote(0);
    slab.freeRemote(129);
    assertThat(slab.reload()).as("not the owner's yet").isFalse();
    slab.drain();
    assertThat(slab.checkInvariant()).isTrue();
    assertThat(slab.reload()).isTrue();
    assertThat(slab.take()).isEqualTo(slab.addressOf(0));
    assertThat(slab.reload()).isTrue();
    assertThat(slab.take()).isEqualTo(slab.addressOf(129));
    assertThat(slab.isFree(0)).isFalse();
    assertThat(slab.freeRemote(0)).isTrue();
  }

  @Test
  void aSlabIsEmptyWhenLocalAndRemoteFreesTogetherCoverIt() {
    final Slab slab = full(192);
    for (int i = 0; i < 192; i++) {
      assertThat(slab.isEmpty()).isFalse();
      assertThat(slab.isWordEmpty(i)).isFalse();
      if (i % 3 == 0) {
        slab.freeLocal(i);
      } else {
        slab.freeRemote(i);
      }
      assertThat(slab.isWordEmpty(i)).isEqualTo(i % 64 == 63);
      assertThat(slab.liveCount()).isEqualTo(191 - i);
    }
    assertThat(slab.isEmpty()).isTrue();
  }

  @Test
  void itChangesHandsUnlessItIsQueued() {
    final Slab slab = full(64);
    final Owner next = new Owner(allocator);
    slab.winToken();
    assertThat(slab.changeHands(next)).isFalse();
    assertThat(slab.owner()).isSameAs(owner);
    slab.drain();
    assertThat(slab.changeHands(next)).isTrue();
    assertThat(slab.owner()).isSameAs(next);
    assertThat(slab.winToken()).as("nobody queues it before the new owner drains it").isFalse();
    slab.unmarkFull();
    assertThat(slab.isMarkedFull()).isFalse();
  }

  // --- moving blocks elsewhere -------------------------------------------------------------------

  @Test
  void blocksThatWereMovedAreFreedTogetherAndThoseThatWereFreeAreCounted() {
    final Slab slab = full(70);
    slab.freeLocal(64);
    slab.freeRemote(65);
    slab.makeHeld();
    assertThat(slab.claim()).isTrue();
    assertThat(slab.liveBits(0)).isEqualTo(-1L);
    assertThat(slab.liveBits(1)).isEqualTo(0b111100);
    assertThat(slab.freeMoved(1, 0b1111)).isEqualTo(2);
    assertThat(slab.liveBits(1)).isEqualTo(0b110000);
    assertThat(slab.freeMoved(1, 0b110000)).isZero();
    assertThat(slab.isWordEmpty(64)).isTrue();
    assertThat(slab.isWordEmpty(0)).isFalse();
    assertThat(slab.drain()).as("none was freed twice").isZero();
  }

  @Test
  void compactionLeavesItAloneUntilATime() {
    final Slab slab = full(1);
    assertThat(slab.isLeftAlone(Long.MIN_VALUE)).isFalse();
    assertThat(slab.isLeftAlone(0)).isFalse();
    for (final long until : new long[] {1_000, 0, -2, Long.MAX_VALUE - 10}) {
      slab.leaveAloneUntil(until);
      assertThat(slab.isLeftAlone(until - 1_000)).isTrue();
      assertThat(slab.isLeftAlone(until - 1)).isTrue();
      assertThat(slab.isLeftAlone(until + 1)).isFalse();
      assertThat(slab.isLeftAlone(until + 1_000)).isFalse();
    }
  }

  // --- states ------------------------------------------------------------------------------------

  @Test
  void onlyAHeldSlabIsClaimedOrMadeCurrent() {
    final Slab slab = new Slab(owner, 7, BLOCK_BYTES, 64);
    assertThat(slab.isHeld()).isTrue();
    assertThat(slab.makeCurrent(owner)).isTrue();
    assertThat(slab.isCurrent()).isTrue();
    assertThat(slab.isCurrentPlain()).isTrue();
    assertThat(slab.isHeld()).isFalse();
    assertThat(slab.claim()).isFalse();
    assertThat(slab.makeCurrent(owner)).isFalse();
    slab.reload();
    slab.makeHeld();
    assertThat(slab.hasCandidate()).as("nobody issues blocks of it").isFalse();
    assertThat(slab.isHeld()).isTrue();
    assertThat(slab.isCurrentPlain()).isFalse();
    assertThat(slab.claim()).isTrue();
    assertThat(slab.isHeld()).isFalse();
    assertThat(slab.claim()).isFalse();
    assertThat(slab.makeCurrent(owner)).isFalse();
    slab.unclaim();
    assertThat(slab.isHeld()).isTrue();
    assertThat(slab.claim()).isTrue();
    assertThat(slab.isRetired()).isFalse();
    slab.retire();
    assertThat(slab.isRetired()).isTrue();
    assertThat(slab.isHeld()).isFalse();
    assertThat(slab.isCurrent()).isFalse();
  }

  @Test
  void aClaimThatFailsLeavesTheFormerOwnerItsFastFree() {
    final Slab slab = full(64);
    slab.makeHeld();
    slab.claim();
    slab.markFull();
    assertThat(slab.makeCurrent(owner)).isFalse();
    assertThat(slab.isMarkedFull()).isTrue();
  }

  @Test
  void everyFreeOfATombstoneIsASecondOne() {
    final Slab slab = full(100);
    for (int i = 0; i < 100; i++) {
      slab.freeRemote(i);
    }
    slab.makeHeld();
    slab.claim();
    slab.retire();
    for (int i = 0; i < 100; i++) {
      assertThat(slab.isFree(i)).isTrue();
      assertThat(slab.freeFast(slab.addressOf(i))).isFalse();
      assertThat(slab.freeLocal(i)).isFalse();
      assertThat(slab.freeRemote(i)).isFalse();
    }
    assertThat(slab.drain()).as("they were freed once").isZero();
    assertThat(slab.isEmpty()).isTrue();
    assertThat(slab.winToken()).isTrue();
  }

  @Test
  void anAbandonedSlabKeepsItsBitmapIfSomebodyMayBeUsingIt() {
    final Slab held = full(64);
    held.makeHeld();
    held.abandon();
    assertThat(held.isRetired()).isTrue();
    assertThat(held.isFree(1)).as("the shared bitmap, where all are free").isTrue();
    final Slab current = full(64);
    current.abandon();
    assertThat(current.isRetired()).isTrue();
    assertThat(current.isFree(1)).isFalse();
    assertThat(current.freeLocal(1)).isTrue();
    assertThat(current.isFree(1)).isTrue();
    final Slab claimed = full(64);
    claimed.makeHeld();
    claimed.claim();
    claimed.abandon();
    assertThat(claimed.isRetired()).isTrue();
    assertThat(claimed.isFree(1)).isFalse();
  }

  @Test
  void smallBlocksAreThoseThatThreadsHaveSlabsOfTheirOwnFor() {
    for (final int sizeClass : new int[] {0, SizeClasses.SMALL_COUNT - 1}) {
      assertThat(new Slab(owner, sizeClass, SizeClasses.bytes(sizeClass), 2).isSmall()).isTrue();
    }
    assertThat(new Slab(owner, SizeClasses.SMALL_COUNT, 36 << 10, 8).isSmall()).isFalse();
    assertThat(new Slab(owner, Slab.LARGE, 2 << 20, 1).isSmall()).isFalse();
  }

  @Test
  void itSaysWhatItIs() {
    final Slab slab = full(3);
    slab.freeLocal(0);
    assertThat(slab).hasToString("slab 0x0 of 3 blocks of 128 bytes, 2 live, current");
    slab.makeHeld();
    assertThat(slab.toString()).endsWith("held");
    slab.claim();
    assertThat(slab.toString()).endsWith("claimed");
    slab.retire();
    assertThat(slab.toString()).endsWith("retired");
  }

  // --- parts and figures -------------------------------------------------------------------------

  /**
   * Against a look at each block, of classes with and without a tail, smaller and larger than a
   * part.
   */
  @ParameterizedTest
  @ValueSource(ints = {0, 2, 7, 20, 40, 63, 71, 72, 90, 103, 111})
  void aPartIsEmptyIfNoLiveBlockReachesIntoIt(final int sizeClass) {
    final Random random = new Random(sizeClass);
    final Slab slab = placed(SizeClasses.granules(sizeClass), SizeClasses.bytes(sizeClass));
    slab.makeCurrent(owner);
    issueAll(slab);
    final int blocks = slab.blockCount();
    final List<Integer> live = new ArrayList<>();
    for (int i = 0; i < blocks; i++) {
      live.add(i);
    }
    for (final long partBytes : new long[] {Rest.partBytes(slab.run().bytes(), 4_096), 65_536}) {
      final int parts = (int) ((slab.run().bytes() + partBytes - 1) / partBytes);
      assertThat(parts).isBetween(1, 64);
      while (true) {
        long expected = lowBits(parts);
        for (final int index : live) {
          final long first = index * slab.blockBytes() / partBytes;
          final long last = ((index + 1) * slab.blockBytes() - 1) / partBytes;
          for (long part = first; part <= last; part++) {
            expected &= ~(1L << part);
          }
        }
        assertThat(slab.emptyParts(partBytes)).isEqualTo(expected);
        if (live.size() <= blocks / 64) {
          break;
        }
        freeSome(slab, live, random);
      }
    }
    while (!live.isEmpty()) {
      freeSome(slab, live, random);
    }
    assertThat(slab.emptyParts(65_536)).isEqualTo(lowBits(slab.run().granules()));
  }

  private static long lowBits(final int count) {
    return -1L >>> (64 - count);
  }

  /** Neighbours, so that parts fall empty, by the owner and by others. */
  private static void freeSome(final Slab slab, final List<Integer> live, final Random random) {
    final int from = random.nextInt(live.size());
    final int to = Math.min(live.size(), from + 1 + random.nextInt(1 + slab.blockCount() / 8));
    for (final int index : live.subList(from, to)) {
      assertThat(random.nextBoolean() ? slab.freeLocal(index) : slab.freeRemote(index)).isTrue();
    }
    live.subList(from, to).clear();
  }

  @Test
  void bytesOfTheJavaHeapFollowTheBitmaps() {
    final Slab small = new Slab(owner, Slab.LARGE, 1 << 20, 1);
    for (final int blocks : new int[] {64, 1_000, 31 * 64, 32 * 64, 4_096}) {
      final Slab slab = new Slab(owner, 0, 16, blocks);
      assertThat(slab.metadataBytes() - small.metadataBytes())
          .isEqualTo(
              8L * (slab.free.length + slab.remote.length)
                  - 8L * (small.free.length + small.remote.length));
    }
    assertThat(small.metadataBytes()).isBetween(200L, 400L);
  }

  @Test
  void theInvariantHoldsOfAPlacedSlabAndCountsItsTail() {
    final Slab slab = placed(3, 1_280);
    assertThat(slab.tailBytes()).isEqualTo(3 * 65_536 - 153 * 1_280);
    assertThat(slab.checkInvariant()).isTrue();
    slab.makeCurrent(owner);
    issueAll(slab);
    assertThat(slab.checkInvariant()).isTrue();
    slab.freeLocal(1);
    slab.freeRemote(100);
    assertThat(slab.checkInvariant()).isTrue();
    slab.reload();
    assertThat(slab.checkInvariant()).isTrue();
    assertThat(slab.base()).isEqualTo(slab.run().address());
  }

  // --- making them -------------------------------------------------------------------------------

  /** Without granules, at address 0. */
  private Slab current(final int blocks) {
    final Slab slab = new Slab(owner, 7, BLOCK_BYTES, blocks);
    assertThat(slab.makeCurrent(owner)).isTrue();
    return slab;
  }

  private Slab full(final int blocks) {
    final Slab slab = current(blocks);
    issueAll(slab);
    return slab;
  }

  private static void issueAll(final Slab slab) {
    for (int i = 0; i < slab.blockCount(); i++) {
      if (!slab.hasCandidate()) {
        slab.reload();
      }
      slab.take();
    }
    assertThat(slab.liveCount()).isEqualTo(slab.blockCount());
  }

  private Slab placed(final int granules, final int blockBytes) {
    if (regions == null) {
      regions =
          new Regions(
              Posix.host(),
              System::nanoTime,
              new RegionSettings(64L << 20, 64L << 20, IdlePolicy.UNMAP),
              new Deaf());
    }
    final Slab slab =
        new Slab(
            owner,
            SizeClasses.of(blockBytes),
            blockBytes,
            (int) (Geometry.bytesOf(granules) / blockBytes));
    regions.lock().lock();
    try {
      assertThat(regions.take(slab.run(), granules, 1)).isNull();
    } finally {
      regions.lock().unlock();
    }
    slab.place();
    return slab;
  }

  private static final class Deaf implements Regions.Listener {
    @Override
    public void regionReserved(final long base, final long bytes) {}

    @Override
    public void regionDropped(final Region region) {}
  }
}
