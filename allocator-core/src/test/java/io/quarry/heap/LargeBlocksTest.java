package io.quarry.heap;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarry.posix.Errno;
import io.quarry.posix.NativeMemory;
import io.quarry.region.Geometry;
import io.quarry.region.Refusal;
import io.quarry.slab.Slab;
import io.quarry.slab.SlabDirectory;
import org.junit.jupiter.api.Test;

/** Blocks that are slabs by themselves, and what becomes of them when their size changes. */
class LargeBlocksTest extends HeapsFixture {
  private static final long MIB = 1L << 20;
  private static final long IDLE = 1_000_000_000L;

  private final LargeBlocks large = heaps.large();

  private long allocate(final long size) {
    final long outcome = large.allocate(size, 16);
    assertThat(outcome).isPositive();
    return Heaps.untagged(outcome);
  }

  private static Slab slabOf(final long address) {
    return SlabDirectory.slabAt(address);
  }

  @Test
  void aBlockIsKnownToBeZeroUntilItsMemoryWasUsed() {
    final long outcome = large.allocate(2 * MIB, 16);
    assertThat(Heaps.isKnownZero(outcome)).isTrue();
    final long block = Heaps.untagged(outcome);
    assertThat(large.free(slabOf(block))).isTrue();
    assertThat(large.free(slabOf(block))).isFalse();
    assertThat(large.allocate(2 * MIB, 16)).as("the same, used").isEqualTo(block);
  }

  @Test
  void whatThereIsNoRoomForIsRefused() {
    assertThat(Heaps.refusal(large.allocate(CAPACITY + 1, 16))).isEqualTo(Refusal.TOO_LARGE);
    allocate(CAPACITY - MIB);
    assertThat(Heaps.refusal(large.allocate(MIB + 1, 16))).isEqualTo(Refusal.LIMIT);
    assertThat(large.allocate(MIB, 16)).isPositive();
    assertThat(Heaps.refusal(large.allocate(Geometry.MAX_BLOCK_BYTES + 1, 16)))
        .isEqualTo(Refusal.TOO_LARGE);
  }

  @Test
  void aSizeWithinTheSameGranulesChangesNothing() {
    final long block = allocate(2 * MIB);
    final Slab slab = slabOf(block);
    assertThat(large.resize(slab, 2 * MIB - 1)).isEqualTo(block);
    assertThat(slabOf(block)).isSameAs(slab);
  }

  @Test
  void aBlockShrinksWhereItIsAndTheAgentHearsOfTheRest() {
    final long block = allocate(3 * MIB);
    final Slab before = slabOf(block);
    heaps.housekeep(now, IDLE);
    now += IDLE;
    assertThat(heaps.housekeep(now, IDLE)).isEqualTo(Long.MAX_VALUE);
    wakes = 0;
    assertThat(large.resize(before, MIB)).isEqualTo(block);
    assertThat(wakes).isEqualTo(1);
    assertThat(before.isRetired()).isTrue();
    final Slab after = slabOf(block);
    assertThat(after).isNotSameAs(before);
    assertThat(after.blockBytes()).isEqualTo(MIB);
    assertThat(after.liveCount()).isEqualTo(1);
    assertThat(regions.idleBytes()).isEqualTo(2 * MIB);
    assertThat(large.resize(after, 0)).isEqualTo(block);
    assertThat(slabOf(block).blockBytes()).isEqualTo(Geometry.GRANULE_BYTES);
    assertThat(large.free(before)).isFalse();
    assertThat(large.free(slabOf(block))).isTrue();
  }

  @Test
  void aBlockGrowsWhereItIsIfThereIsRoomBehindIt() {
    final long block = allocate(2 * MIB);
    heaps.housekeep(now, IDLE);
    now += IDLE;
    heaps.housekeep(now, IDLE);
    wakes = 0;
    assertThat(large.resize(slabOf(block), 3 * MIB)).isEqualTo(block);
    assertThat(wakes).as("nothing fell idle").isZero();
    assertThat(slabOf(block + 3 * MIB - 1)).isSameAs(slabOf(block));
    assertThat(heaps.census().liveBytes(Census.rowOf(slabOf(block)))).isEqualTo(3 * MIB);
  }

  @Test
  void otherwiseItsPagesAreMoved() {
    final long block = allocate(2 * MIB);
    allocate(2 * MIB);
    NativeMemory.fill(block, 2 * MIB, (byte) 7);
    final Slab before = slabOf(block);
    final long moved = large.resize(before, 3 * MIB);
    assertThat(moved).isNotZero().isNotEqualTo(block);
    assertThat(before.isRetired()).isTrue();
    assertThat(NativeMemory.byteBuffer(moved, 1 << 20).get(5)).isEqualTo((byte) 7);
    assertThat(slabOf(moved).blockBytes()).isEqualTo(3 * MIB);
  }

  @Test
  void whereThatCannotBeTheBlockIsAsItWas() {
    final long block = allocate(2 * MIB);
    allocate(2 * MIB);
    final Slab slab = slabOf(block);
    posix.arm(Errno.EINVAL, (call, ordinal) -> call.equals("mremap"));
    assertThat(large.resize(slab, 3 * MIB)).isZero();
    assertThat(slabOf(block)).isSameAs(slab);
    assertThat(slab.isHeld()).isTrue();
    assertThat(slab.liveCount()).isEqualTo(1);
    assertThat(large.resize(slab, Geometry.MAX_BLOCK_BYTES + 1)).isZero();
    assertThat(slab.claim()).isTrue(); // by somebody who frees it at this moment
    assertThat(large.resize(slab, MIB)).isZero();
    slab.unclaim();
    assertThat(large.free(slab)).isTrue();
  }
}
