package io.quarry.heap;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarry.posix.CountingPosix;
import io.quarry.posix.FaultyPosix;
import io.quarry.posix.Posix;
import io.quarry.region.IdlePolicy;
import io.quarry.region.Region;
import io.quarry.region.RegionSettings;
import io.quarry.region.Regions;
import io.quarry.slab.Slab;
import io.quarry.slab.SlabDirectory;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;

/**
 * Heaps on regions of their own, with a clock that stands still, and without a thread for upkeep.
 */
abstract class HeapsFixture {
  static final long CAPACITY = 64L << 20;

  final CountingPosix kernel = new CountingPosix(Posix.host());
  final FaultyPosix posix = new FaultyPosix(kernel);
  long now = 1_000;
  int wakes;
  final Regions regions =
      new Regions(
          posix, () -> now, new RegionSettings(CAPACITY, CAPACITY, IdlePolicy.UNMAP), new Upkeep());
  final Heaps heaps = new Heaps(regions, () -> now, () -> wakes++);

  /** Of slabs that are not those of {@link #heaps}. */
  final SlabSource source = new SlabSource(regions, () -> now, () -> {});

  @AfterEach
  final void closeAll() {
    posix.disarm();
    source.close();
    heaps.close();
    assertThat(regions.close()).isNull();
    assertThat(kernel.mappedRanges()).isEmpty();
  }

  /** Allocates from a heap, which has to have room. */
  static long allocate(final Heap heap, final int sizeClass) {
    final long outcome = heap.allocate(sizeClass);
    assertThat(outcome).isPositive();
    return Heaps.untagged(outcome);
  }

  /** The blocks of a new slab, all of them live. */
  static List<Long> fillSlab(final Heap heap, final int sizeClass) {
    final List<Long> blocks = new ArrayList<>();
    blocks.add(allocate(heap, sizeClass));
    final Slab slab = SlabDirectory.slabAt(blocks.get(0));
    while (blocks.size() < slab.blockCount()) {
      blocks.add(allocate(heap, sizeClass));
    }
    assertThat(slab.liveCount()).isEqualTo(slab.blockCount());
    return blocks;
  }

  /** Frees a block as the heap's thread. */
  static void free(final Heap heap, final long address) {
    final Slab slab = SlabDirectory.slabAt(address);
    assertThat(heap.freeLocal(slab, slab.indexOf(address))).isTrue();
  }

  /** Frees a block as another thread. */
  static void freeRemote(final Heap heap, final long address) {
    final Slab slab = SlabDirectory.slabAt(address);
    assertThat(heap.freeRemote(slab, slab.indexOf(address))).isTrue();
  }

  private static final class Upkeep implements Regions.Listener {
    @Override
    public void regionReserved(final long base, final long bytes) {
      SlabDirectory.prepare(base, bytes);
    }

    @Override
    public void regionDropped(final Region region) {
      SlabDirectory.clear(region);
    }
  }
}
