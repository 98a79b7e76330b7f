package io.quarry.region;

import java.util.BitSet;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/**
 * How much of the regions is resident, by the kernel's account. Asks for a piece at a time, and
 * lets go of the lock of the {@link Regions} while it asks: somebody may unmap a piece meanwhile,
 * and the kernel then says nothing about any of it. Such a piece is asked for in halves, down to a
 * granule.
 */
final class Residency {
  private static final int MOST_GRANULES_AT_ONCE = 1024;

  private final ReentrantLock lock;
  private final RegionTable regions;
  private final Mapper mapper;

  Residency(final ReentrantLock lock, final RegionTable regions, final Mapper mapper) {
    this.lock = lock;
    this.regions = regions;
    this.mapper = mapper;
  }

  /** Resident bytes of all regions. To be called without the lock. */
  long bytes() {
    long pages = 0;
    for (final Region region : snapshot()) {
      pages += pagesOf(region);
    }
    return pages * mapper.pageSize();
  }

  private List<Region> snapshot() {
    lock.lock();
    try {
      return regions.snapshot();
    } finally {
      lock.unlock();
    }
  }

  private long pagesOf(final Region region) {
    long pages = 0;
    int from = 0;
    while (true) {
      final int count;
      lock.lock();
      try {
        from = region.nextMapped(from);
        if (regions.isClosed() || from >= region.granules) {
          return pages;
        }
        count = Math.min(MOST_GRANULES_AT_ONCE, region.endOfMapped(from) - from);
      } finally {
        lock.unlock();
      }
      pages += pagesOf(region.addressOf(from), count);
      from += count;
    }
  }

  private long pagesOf(final long address, final int granules) {
    final BitSet resident = mapper.residentPages(address, Geometry.bytesOf(granules));
    if (resident != null) {
      return resident.cardinality();
    }
    if (granules == 1) {
      return 0;
    }
    final int half = granules / 2;
    return pagesOf(address, half) + pagesOf(address + Geometry.bytesOf(half), granules - half);
  }
}
