package io.quarry.allocator;

import io.quarry.region.Region;
import io.quarry.region.Regions;
import io.quarry.slab.SlabDirectory;

/** Keeps the directory of slabs in step with the regions. */
final class DirectoryUpkeep implements Regions.Listener {
  @Override
  public void regionReserved(final long base, final long bytes) {
    SlabDirectory.prepare(base, bytes);
  }

  @Override
  public void regionDropped(final Region region) {
    SlabDirectory.clear(region);
  }
}
