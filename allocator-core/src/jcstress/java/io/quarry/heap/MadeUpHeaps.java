package io.quarry.heap;

import io.quarry.posix.MadeUpMemory;
import io.quarry.region.IdlePolicy;
import io.quarry.region.Region;
import io.quarry.region.RegionSettings;
import io.quarry.region.Regions;
import io.quarry.slab.SlabDirectory;

/** All heaps of an allocator whose addresses are made up. */
final class MadeUpHeaps {
  private static final long BYTES = 2L << 20;

  final Regions regions =
      new Regions(
          new MadeUpMemory(),
          () -> 0,
          new RegionSettings(BYTES, BYTES, IdlePolicy.KEEP),
          new Upkeep());
  final Heaps heaps = new Heaps(regions, () -> 0, () -> {});
  final SlabSource source = new SlabSource(regions, () -> 0, () -> {});

  /** Gives the addresses back: to be called by each arbiter. */
  void close() {
    heaps.close();
    regions.close();
  }

  private final class Upkeep implements Regions.Listener {
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
