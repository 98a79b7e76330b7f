package io.quarry.allocator;

import io.quarry.checks.WatchedBlocks;
import io.quarry.heap.Census;
import io.quarry.slab.SizeClasses;
import java.util.ArrayList;
import java.util.List;

/**
 * Makes the public statistics of what was counted.
 *
 * @param watched null if no block is watched
 */
record StatsOfCensus(long capacityBytes, WatchedBlocks watched) {

  AllocatorStats of(final Census census) {
    final List<SizeClassStats> rows = new ArrayList<>();
    long liveBytes = 0;
    long liveBlocks = 0;
    long freeBlockBytes = 0;
    long tailBytes = 0;
    long mallocs = 0;
    for (int i = 0; i < census.rows(); i++) {
      final SizeClassStats row = rowOf(census, i);
      if (row.slabs() > 0 || row.mallocCount() > 0) {
        rows.add(row);
      }
      liveBytes += row.liveBytes();
      liveBlocks += row.liveBlocks();
      freeBlockBytes += row.freeBlockBytes();
      tailBytes += row.tailBytes();
      mallocs += row.mallocCount();
    }
    return new AllocatorStats(
        capacityBytes,
        census.reservedBytes(),
        census.mappedBytes(),
        liveBytes,
        liveBlocks,
        freeBlockBytes,
        tailBytes,
        census.idleBytes(),
        census.metadataBytes() + (watched == null ? 0 : watched.metadataBytes()),
        census.returnedBytes(),
        census.discardedBytes(),
        census.refilledBytes(),
        mallocs,
        Math.max(0, mallocs - liveBlocks),
        census.mappings(),
        census.misuses(),
        rows,
        watched == null ? List.of() : new AllocationSites(watched.live()));
  }

  private static SizeClassStats rowOf(final Census census, final int i) {
    final long blockSize = i < SizeClasses.COUNT ? SizeClasses.bytes(i) : 0;
    final long mallocs = census.mallocs(i);
    final long live = census.liveBlocks(i);
    return new SizeClassStats(
        blockSize,
        census.slabs(i),
        census.slabBytes(i),
        census.liveBytes(i),
        live,
        census.freeBlocks(i),
        census.tailBytes(i),
        mallocs,
        Math.max(0, mallocs - live));
  }
}
