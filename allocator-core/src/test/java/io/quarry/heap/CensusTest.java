package io.quarry.heap;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarry.slab.SizeClasses;
import io.quarry.slab.Slab;
import io.quarry.slab.SlabDirectory;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is counted of slabs, and of blocks that are free for the program and only held back. */
class CensusTest extends HeapsFixture {
  private static final int CLASS = SizeClasses.of(1_000);
  private static final int LARGE_ROW = SizeClasses.COUNT;

  private Census census() {
    regions.lock().lock();
    try {
      final Census census = new Census(regions);
      source.countInto(census);
      return census;
    } finally {
      regions.lock().unlock();
    }
  }

  @Test
  void theBytesOfASlabAddUp() {
    final Heap heap = Heap.owned(heaps, source);
    long last = 0;
    for (int i = 0; i < 10; i++) {
      last = allocate(heap, CLASS);
    }
    free(heap, last);
    final Slab slab = SlabDirectory.slabAt(last);
    final long blockBytes = SizeClasses.bytes(CLASS);
    final Census census = census();
    assertThat(census.slabs(CLASS)).isEqualTo(1);
    assertThat(census.slabBytes(CLASS)).isEqualTo(slab.run().bytes());
    assertThat(census.liveBlocks(CLASS)).isEqualTo(9);
    assertThat(census.liveBytes(CLASS)).isEqualTo(9 * blockBytes);
    assertThat(census.freeBlocks(CLASS)).isEqualTo(slab.blockCount() - 9);
    assertThat(census.tailBytes(CLASS)).isEqualTo(slab.tailBytes());
    assertThat(census.mallocs(CLASS)).isEqualTo(10);
    assertThat(census.mappedBytes()).isEqualTo(slab.run().bytes());
    assertThat(census.idleBytes()).isZero();
    assertThat(census.reservedBytes()).isEqualTo(CAPACITY);
    assertThat(census.mappings()).isEqualTo(1);
    assertThat(census.rows()).isEqualTo(SizeClasses.COUNT + 1);
    final long before = census.metadataBytes();
    slab.restOrNew();
    assertThat(census().metadataBytes()).isGreaterThan(before);
  }

  @Test
  void whatASlabHasIssuedIsRememberedWhenItIsGone() {
    final Heap heap = Heap.owned(heaps, source);
    final long metadata = census().metadataBytes();
    final long block = allocate(heap, CLASS);
    assertThat(census().metadataBytes()).isGreaterThan(metadata);
    free(heap, block);
    heap.settle();
    final Census census = census();
    assertThat(SlabDirectory.slabAt(block).isRetired()).isTrue();
    assertThat(census.slabs(CLASS)).isZero();
    assertThat(census.mallocs(CLASS)).isEqualTo(1);
    assertThat(census.idleBytes()).isEqualTo(census.mappedBytes()).isPositive();
    assertThat(source.retiredMallocs()).isEqualTo(1);
  }

  @Test
  void blocksHeldBackAreFree() {
    final Heap heap = Heap.owned(heaps, source);
    final List<Long> blocks = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      blocks.add(allocate(heap, CLASS));
    }
    final Slab slab = SlabDirectory.slabAt(blocks.get(0));
    final long free = census().freeBlocks(CLASS);
    for (int i = 0; i < 4; i++) {
      source.holdBack(slab);
    }
    requireFree(4, free);
    assertThat(slab.liveCount()).isEqualTo(10);
    heap.freeHeldBack(slab, slab.indexOf(blocks.get(7)));
    requireFree(4, free);
    assertThat(slab.liveCount()).isEqualTo(9);
  }

  /** Of the ten blocks that were issued. */
  private void requireFree(final int blocks, final long freeBefore) {
    final Census census = census();
    assertThat(census.liveBlocks(CLASS)).isEqualTo(10 - blocks);
    assertThat(census.liveBytes(CLASS)).isEqualTo((10L - blocks) * SizeClasses.bytes(CLASS));
    assertThat(census.freeBlocks(CLASS)).isEqualTo(freeBefore + blocks);
  }

  @Test
  void soAreLargeOnes() {
    final long block = Heaps.untagged(heaps.allocate(3 << 20, 16));
    heaps.allocate(2 << 20, 16);
    assertThat(heaps.census().liveBytes(LARGE_ROW)).isEqualTo(5 << 20);
    source.holdBack(SlabDirectory.slabAt(block));
    assertThat(heaps.census().liveBytes(LARGE_ROW)).isEqualTo(2 << 20);
    assertThat(heaps.census().liveBlocks(LARGE_ROW)).isEqualTo(1);
    heaps.large().freeHeldBack(SlabDirectory.slabAt(block));
    assertThat(heaps.census().liveBytes(LARGE_ROW)).isEqualTo(2 << 20);
    assertThat(heaps.census().slabs(LARGE_ROW)).isEqualTo(1);
  }
}
